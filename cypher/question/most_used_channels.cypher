// The channels that are in the most attribution graphs.
// params:  $network string (Network.name) · $limit int = 20
// returns: channel, classes, names, label
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[:SELECTS]->(node:Channel)
WITH node, class ORDER BY class.name
WITH node, count(class) AS classes, collect(class.name)[..10] AS names
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
RETURN node.layer + '/' + toString(node.index) AS channel, classes, names, node.label AS label
ORDER BY classes DESC, layer.position, node.index
LIMIT $limit
