// Writes how often channels of the last layer support the class's output; they are given by internal node id.
// params:  $class int (Class.id) · $rows list of [channel node, count]
// returns: written
MATCH (class:PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
CREATE (channel)-[:SUPPORTS {class_id: $class, count: row[1]}]->(class)
RETURN count(*) AS written
