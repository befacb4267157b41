// What speaks against a class: channels that lower its log-odds in the most of its images.
// needs:   full counts
// params:  $class string (Class.name) · $against string (Network.against) · $limit int = 20
// returns: channel, count, share, pagerank, selected, label
MATCH (class:Class {network: $against, name: $class})-[activates:ACTIVATES]->(node:Channel)
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
OPTIONAL MATCH (class)-[ranks:RANKS]->(node)
RETURN node.layer + '/' + toString(node.index) AS channel, activates.count AS count,
       toFloat(activates.count) / class.images AS share, ranks.pagerank AS pagerank,
       EXISTS { (class)-[:SELECTS]->(node) } AS selected, node.label AS label
ORDER BY count DESC, layer.position, node.index
LIMIT $limit
