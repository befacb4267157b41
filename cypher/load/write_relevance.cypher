// Writes what each channel does for the class's output, summed over its images; channels are given by internal node id.
// params:  $class int (Class.id) · $rows list of [channel node, relevance]
// returns: written
MATCH (class:PendingClass {id: $class})
UNWIND $rows AS row
MATCH (channel:Channel) WHERE id(channel) = row[0]
CREATE (channel)-[:CONTRIBUTES {class_id: $class, relevance: row[1]}]->(class)
RETURN count(*) AS written
