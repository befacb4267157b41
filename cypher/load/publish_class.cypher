// Makes a class visible after it has been written and ranked. No row if it was retired meanwhile.
// params:  $network string (Network.name) · $class int (Class.id)
// returns: id
MATCH (network:Network {name: $network})
MATCH (class:PendingClass {id: $class})
SET class.locked = true
REMOVE class.locked
WITH network, class
WHERE class:PendingClass
REMOVE class:PendingClass, class.writer, class.touched
SET class:Class
CREATE (network)-[:HAS_CLASS]->(class)
RETURN class.id AS id
