// How a network's channels were grouped, and whether its classes are still those that they were grouped by.
// needs:   groups
// params:  $network string (Network.name)
// returns: method, classes, current
MATCH (network:Network {name: $network})
WHERE network.group_method IS NOT NULL
OPTIONAL MATCH (network)-[:HAS_CLASS]->(class:Class)
WITH network, count(class) AS now, coalesce(max(class.id), 0) AS last
RETURN network.group_method AS method, network.grouped_classes AS classes,
       network.grouped_classes = now AND network.grouped_newest = last AS current
ORDER BY method
