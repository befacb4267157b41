// Writes the PageRank of every channel for one class.
// params:  $class int (Class.id) · $rows list of [node, pagerank]
// returns: nothing
MATCH (class:Class|PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
CREATE (class)-[:RANKS {pagerank: row[1]}]->(channel)
