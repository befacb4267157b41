// All classes of a network with their GDS node ids.
// params:  $network string (Network.name)
// returns: node, class
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
RETURN id(class) AS node, class.name AS class
ORDER BY class
