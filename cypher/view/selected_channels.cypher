// The channels of every attribution graph of a network.
// params:  $network string (Network.name)
// returns: class, layer, channels
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[:SELECTS]->(channel:Channel)
WITH network, class.name AS class, channel.layer AS layer, collect(channel.index) AS channels
MATCH (network)-[:HAS_LAYER]->(level:Layer {name: layer})
RETURN class, layer, channels
ORDER BY class, level.position
