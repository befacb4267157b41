// Hides a network and its classes from readers.
// params:  $network string (Network.name) · $created string (Network.created)
// returns: classes
MATCH (network:Network {name: $network})
WHERE toString(network.created) = $created
REMOVE network:Network
SET network:RetiredNetwork
WITH network
OPTIONAL MATCH (network)-[has:HAS_CLASS]->(class:Class)
DELETE has
REMOVE class:Class
SET class:RetiredClass
RETURN count(class) AS classes
