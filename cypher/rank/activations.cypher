// The row of A of a class, written or being written.
// params:  $class int (Class.id)
// returns: node, count
MATCH (class:Class|PendingClass {id: $class})-[activates:ACTIVATES]->(channel:Channel)
RETURN id(channel) AS node, activates.count AS count
ORDER BY node
