// Writes the nodes of a class's attribution graph.
// params:  $class int (Class.id) · $rows list of [node, count, pagerank]
// returns: nothing
MATCH (class:Class|PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
CREATE (class)-[:SELECTS {count: row[1], pagerank: row[2]}]->(channel)
