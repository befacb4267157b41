// The channels of a class's attribution graph, the most important first.
// params:  $class int (Class.id) · $limit int = 200
// returns: channel, count, pagerank, label
MATCH (:Class {id: $class})-[selects:SELECTS]->(node:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
RETURN node.layer + '/' + toString(node.index) AS channel, selects.count AS count,
       selects.pagerank AS pagerank, node.label AS label
ORDER BY pagerank DESC, layer.position, node.index
LIMIT $limit
