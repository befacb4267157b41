// The channels that are top channels in the most images of a class.
// needs:   full counts
// params:  $class int (Class.id) · $limit int = 20
// returns: channel, branch, count, images, share, pagerank, selected, label
MATCH (class:Class {id: $class})-[activates:ACTIVATES]->(node:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
OPTIONAL MATCH (class)-[ranks:RANKS]->(node)
RETURN node.layer + '/' + toString(node.index) AS channel, node.branch AS branch,
       activates.count AS count, class.images AS images,
       toFloat(activates.count) / class.images AS share, ranks.pagerank AS pagerank,
       EXISTS { (class)-[:SELECTS]->(node) } AS selected, node.label AS label
ORDER BY count DESC, layer.position, node.index
LIMIT $limit
