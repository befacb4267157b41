// Stores motifs with their channels, and which classes hold them.
// params:  $network string (Network.name) · $motifs list of maps (properties, channels, classes)
// returns: nothing
UNWIND $motifs AS row
CREATE (motif:Motif)
SET motif = row.properties
WITH motif, row
CALL (motif, row) {
  UNWIND range(0, size(row.channels) - 1) AS position
  MATCH (channel:Channel {id: row.channels[position]})
  CREATE (motif)-[:CONSISTS_OF {position: position}]->(channel)
}
UNWIND row.classes AS name
MATCH (class:Class {network: $network, name: name})
CREATE (class)-[:CONTAINS]->(motif)
