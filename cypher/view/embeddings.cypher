// The positions of the classes in each layer's embedding; null where they were not embedded.
// params:  $network string (Network.name) · $layers list of string
// returns: class, positions
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
RETURN class.name AS class, [layer IN $layers | class['embedding_' + layer]] AS positions
ORDER BY class
