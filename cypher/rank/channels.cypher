// All channels of a network with their GDS node ids.
// params:  $network string (Network.name)
// returns: node, layer, index
MATCH (:Network {name: $network})-[:HAS_LAYER]->(mixed:Layer)-[:HAS_CHANNEL]->(channel:Channel)
RETURN id(channel) AS node, mixed.name AS layer, channel.index AS index
ORDER BY mixed.position, index
