// Writes the edges of an imported attribution graph.
// params:  $class int (Class.id) · $rows list of [previous channel id, channel id, count, via]
// returns: nothing
UNWIND $rows AS row
MATCH (previous:Channel {id: row[0]})
MATCH (channel:Channel {id: row[1]})
CREATE (previous)-[:SELECTED_INFLUENCE {class_id: $class, count: row[2], via: row[3]}]->(channel)
