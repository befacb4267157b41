// Channels in a class's attribution graph that the graphs of the most similar classes lack.
// needs:   several classes
// params:  $class int (Class.id) · $nearest int = 10 · $limit int = 20
// returns: channel, count, pagerank, nearest_with_it, classes_with_it, label
MATCH (class:Class {id: $class})-[:SELECTS]->(:Channel)<-[:SELECTS]-(other:Class)
WITH class, other, count(*) AS shared
ORDER BY shared DESC, other.name
WITH class, collect(other)[..$nearest] AS nearest
MATCH (class)-[selects:SELECTS]->(node:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
WITH node, layer, selects, size([one IN nearest WHERE EXISTS { (one)-[:SELECTS]->(node) }]) AS nearest_with_it,
     COUNT { (:Class)-[:SELECTS]->(node) } AS classes_with_it
RETURN node.layer + '/' + toString(node.index) AS channel, selects.count AS count,
       selects.pagerank AS pagerank, nearest_with_it, classes_with_it, node.label AS label
ORDER BY nearest_with_it, pagerank DESC, layer.position, node.index
LIMIT $limit
