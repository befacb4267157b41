// What distinguishes two classes: channels in the graph of the first that the graph of the second lacks.
// params:  $class int (Class.id) · $other int (Class.id) · $limit int = 50
// returns: class, channel, count, pagerank, classes_with_it
MATCH (class:Class)-[selects:SELECTS]->(one:Channel)
WHERE class.id IN [$class, $other]
WITH one, collect({class: class, selects: selects}) AS holders
WHERE size(holders) = 1
WITH one, holders[0].class AS holder, holders[0].selects AS selects
RETURN holder.name AS class, one.layer + '/' + toString(one.index) AS channel, selects.count AS count,
       selects.pagerank AS pagerank, COUNT { (:Class)-[:SELECTS]->(one) } AS classes_with_it
ORDER BY one.layer DESC, class, pagerank DESC, channel
LIMIT $limit
