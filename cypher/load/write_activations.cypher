// Adds a class's activations, the row of A where it is not 0, on channels given by their numbers in the store.
// params:  $class int (Class.id) · $rows list of [channel node, count]
// returns: written
MATCH (class:PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
CREATE (class)-[:ACTIVATES {count: row[1]}]->(channel)
RETURN count(*) AS written
