// Where the labels of a network's channels come from, and whether its classes are still those they were made of.
// params:  $network string (Network.name)
// returns: sources, classes, newest, concepts, current
MATCH (network:Network {name: $network})
WHERE network.label_sources IS NOT NULL
OPTIONAL MATCH (network)-[:HAS_CLASS]->(class:Class)
WITH network, count(class) AS now, coalesce(max(class.id), 0) AS last
RETURN network.label_sources AS sources, network.labelled_classes AS classes, network.labelled_newest AS newest,
       network.label_concepts AS concepts,
       network.labelled_classes = now AND network.labelled_newest = last AS current
ORDER BY classes
