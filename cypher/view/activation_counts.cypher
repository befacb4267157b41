// The matrix A of a network, one row per class and layer.
// needs:   full counts
// params:  $network string (Network.name) · $layer string = all
// returns: class, layer, channels, counts
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[activates:ACTIVATES]->(channel:Channel)
WHERE $layer IN ['all', channel.layer]
RETURN class.id AS class, channel.layer AS layer, collect(channel.index) AS channels,
       collect(activates.count) AS counts
ORDER BY class, layer
