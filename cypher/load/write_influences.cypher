// Adds influences of a class that is being written.
// params:  $class int (Class.id) · $rows list of [channel id, [[previous channel id, count, via], …]]
// returns: nothing
UNWIND $rows AS row
MATCH (channel:Channel {id: row[0]})
UNWIND row[1] AS input
MATCH (previous:Channel {id: input[0]})
CREATE (previous)-[:INFLUENCES {class_id: $class, count: input[1], via: input[2]}]->(channel)
