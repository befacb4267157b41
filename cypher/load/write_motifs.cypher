// Stores motifs with their channels and classes, and the number and newest id of all classes that were mined.
// params:  $network string (Network.name) · $motifs list of maps (properties, channels, classes)
// returns: nothing
MATCH (:Network {name: $network})-[:HAS_CLASS]->(mined:Class)
WITH count(mined) AS classes, max(mined.id) AS newest
UNWIND $motifs AS row
CREATE (motif:Motif)
SET motif = row.properties, motif.classes = classes, motif.newest = newest
WITH motif, row
CALL (motif, row) {
  UNWIND range(0, size(row.channels) - 1) AS position
  MATCH (channel:Channel {id: row.channels[position]})
  CREATE (motif)-[:CONSISTS_OF {position: position}]->(channel)
}
UNWIND row.classes AS name
MATCH (class:Class {network: $network, name: name})
CREATE (class)-[:CONTAINS]->(motif)
