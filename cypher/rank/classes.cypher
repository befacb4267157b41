// The GDS node ids of a network's classes.
// params:  $network string (Network.name)
// returns: node, id
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
RETURN id(class) AS node, class.id AS id
ORDER BY id
