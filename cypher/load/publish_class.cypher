// Makes a class visible after it has been written and ranked.
// params:  $network string (Network.name) · $class int (Class.id)
// returns: id
MATCH (network:Network {name: $network})
MATCH (class:PendingClass {id: $class})
REMOVE class:PendingClass, class.writer, class.touched
SET class:Class
CREATE (network)-[:HAS_CLASS]->(class)
RETURN class.id AS id
