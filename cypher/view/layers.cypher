// The layers of a network from the lowest to the highest.
// params:  $network string (Network.name)
// returns: name, position, channels, size
MATCH (:Network {name: $network})-[:HAS_LAYER]->(layer:Layer)
RETURN layer.name AS name, layer.position AS position, layer.channels AS channels, layer.size AS size
ORDER BY position
