// The channels of every attribution graph of a network.
// params:  $network string (Network.name)
// returns: class, layer, channels
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[:SELECTS]->(channel:Channel)
RETURN class.name AS class, channel.layer AS layer, collect(channel.index) AS channels
ORDER BY class, layer
