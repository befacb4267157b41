// Hides a network and its classes from readers.
// params:  $network string (Network.name)
// returns: classes
MATCH (network:Network {name: $network})
REMOVE network:Network
SET network:RetiredNetwork
WITH network
OPTIONAL MATCH (network)-[has:HAS_CLASS]->(class:Class)
DELETE has
REMOVE class:Class
SET class:RetiredClass
RETURN count(class) AS classes
