// The channels that are most alike to another one of their layer.
// needs:   groups
// params:  $network string (Network.name) · $layer string (Layer.name) = all · $limit int = 20
// returns: channel, nearest, redundancy, label, nearest_label
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)-[:HAS_CHANNEL]->(node:Channel)
WHERE node.redundancy IS NOT NULL AND ($layer IS NULL OR level.name = $layer)
MATCH (other:Channel {id: $network + '/' + node.nearest})
RETURN node.layer + '/' + toString(node.index) AS channel, node.nearest AS nearest,
       node.redundancy AS redundancy, node.label AS label, other.label AS nearest_label
ORDER BY redundancy DESC, level.position, node.index
LIMIT $limit
