// What distinguishes two classes: channels in the graph of the first that the graph of the second lacks.
// params:  $class int (Class.id) · $other int (Class.id) · $limit int = 50
// returns: class, channel, count, pagerank, classes_with_it, label
MATCH (class:Class)-[selects:SELECTS]->(node:Channel)
WHERE class.id IN [$class, $other]
WITH node, collect({class: class, selects: selects}) AS holders
WHERE size(holders) = 1
WITH node, holders[0].class AS holder, holders[0].selects AS selects
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
RETURN holder.name AS class, node.layer + '/' + toString(node.index) AS channel, selects.count AS count,
       selects.pagerank AS pagerank, COUNT { (:Class)-[:SELECTS]->(node) } AS classes_with_it, node.label AS label
ORDER BY layer.position DESC, class, pagerank DESC, node.index
LIMIT $limit
