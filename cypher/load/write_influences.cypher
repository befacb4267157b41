// Writes influences of a class that is being written; channels are given by internal node id.
// params:  $class int (Class.id) · $rows list of [channel node, [[previous node, count, via, via_stop, skip], …]]
// returns: written
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
UNWIND row[1] AS input
MATCH (previous:Channel) WHERE id(previous) = input[0]
CREATE (previous)-[:INFLUENCES {
  class_id: $class, count: input[1], via: input[2], via_stop: input[3], skip: input[4]
}]->(channel)
RETURN count(*) AS written
