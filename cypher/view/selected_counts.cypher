// The counts of every attribution graph's channels: the only part of A in an imported network.
// params:  $network string (Network.name) · $layer string (Layer.name) = all
// returns: class, layer, channels, counts
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[selects:SELECTS]->(channel:Channel)
WHERE $layer IS NULL OR channel.layer = $layer
WITH network, class.id AS class, channel.layer AS layer, collect(channel.index) AS channels,
     collect(selects.count) AS counts
MATCH (network)-[:HAS_LAYER]->(level:Layer {name: layer})
RETURN class, layer, channels, counts
ORDER BY class, level.position
