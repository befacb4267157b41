// Writes a class's activations (the non-zero entries of its row of A); channels are given by internal node id.
// params:  $class int (Class.id) · $rows list of [channel node, count]
// returns: written
MATCH (class:PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
CREATE (class)-[:ACTIVATES {count: row[1]}]->(channel)
RETURN count(*) AS written
