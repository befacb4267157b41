// The channels that are most alike to another one of their layer.
// needs:   groups
// params:  $network string (Network.name) · $layer string (Layer.name) = all · $limit int = 20
// returns: channel, nearest, redundancy, label, nearest_label
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)-[:HAS_CHANNEL]->(channel:Channel)
WHERE channel.redundancy IS NOT NULL AND ($layer IS NULL OR level.name = $layer)
MATCH (other:Channel {id: $network + '/' + channel.nearest})
RETURN channel.layer + '/' + toString(channel.index) AS channel, channel.nearest AS nearest,
       channel.redundancy AS redundancy, channel.label AS label, other.label AS nearest_label
ORDER BY redundancy DESC, level.position, channel.index
LIMIT $limit
