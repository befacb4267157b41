// All classes of a network with their GDS node ids.
// params:  $network string (Network.name)
// returns: node, id, class
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
RETURN id(class) AS node, class.id AS id, class.name AS class
ORDER BY class
