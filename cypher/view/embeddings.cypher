// Where the classes lie in each layer's picture; null where they were not laid out.
// params:  $network string (Network.name) · $layers list of string
// returns: class, positions
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
RETURN class.name AS class, [layer IN $layers | class['embedding_' + layer]] AS positions
ORDER BY class
