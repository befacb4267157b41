// Adds a class's activations: the row of A where it is not 0.
// params:  $class int (Class.id) · $rows list of [channel id, count]
// returns: nothing
MATCH (class:PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel {id: row[0]})
CREATE (class)-[:ACTIVATES {count: row[1]}]->(channel)
