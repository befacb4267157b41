// Updates a network's totals from its classes.
// params:  $network string (Network.name)
// returns: classes, images
MATCH (network:Network {name: $network})
OPTIONAL MATCH (network)-[:HAS_CLASS]->(class:Class)
WITH network, count(class) AS classes, sum(class.images) AS images
SET network.classes = classes, network.images = images
RETURN classes, images
