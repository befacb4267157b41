// Writes the edges of a class's attribution graph.
// params:  $class int (Class.id) · $rows list of [previous node, node, count, via]
// returns: nothing
UNWIND $rows AS row
MATCH (previous:Channel) WHERE id(previous) = row[0]
MATCH (channel:Channel) WHERE id(channel) = row[1]
CREATE (previous)-[:SELECTED_INFLUENCE {class_id: $class, count: row[2], via: row[3]}]->(channel)
