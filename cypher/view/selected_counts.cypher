// The counts of every attribution graph's channels: all that an imported network has of A.
// params:  $network string (Network.name) · $layer string = all
// returns: class, layer, channels, counts
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[selects:SELECTS]->(channel:Channel)
WHERE $layer IN ['all', channel.layer]
RETURN class.id AS class, channel.layer AS layer, collect(channel.index) AS channels,
       collect(selects.count) AS counts
ORDER BY class, layer
