// Stores the positions of classes in one layer's embedding, if these classes still exist.
// params:  $network string (Network.name) · $layer string · $rows list of [Class.id, x, y]
// returns: written
MATCH (layer:Layer {network: $network, name: $layer})
UNWIND $rows AS row
MATCH (class:Class {id: row[0]})
MERGE (class)-[placed:PLACED]->(layer)
SET placed.x = row[1], placed.y = row[2]
RETURN count(class) AS written
