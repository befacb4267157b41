// Writes the nodes of an imported attribution graph.
// params:  $class int (Class.id) · $rows list of [channel id, count, pagerank, attr_channels]
// returns: nothing
MATCH (class:PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel {id: row[0]})
CREATE (class)-[:SELECTS {count: row[1], pagerank: row[2], attr_channels: row[3]}]->(channel)
