// Channels that are in one class's attribution graph and not in another's.
// params:  $class int (Class.id) · $other int (Class.id)
// returns: channel, count, pagerank, label
MATCH (class:Class {id: $class})-[selects:SELECTS]->(node:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
WHERE NOT EXISTS { (:Class {id: $other})-[:SELECTS]->(node) }
RETURN node.layer + '/' + toString(node.index) AS channel, selects.count AS count,
       selects.pagerank AS pagerank, node.label AS label
ORDER BY layer.position DESC, node.index
