// One stored motif of a network, by the id that view/motifs returns.
// params:  $network string (Network.name) · $motif string = none
// returns: id, shape, channels, support, expected, z, p, q
MATCH (motif:Motif {id: $motif, network: $network})
CALL (motif) {
  MATCH (motif)-[of:CONSISTS_OF]->(one:Channel)
  WITH one.layer + '/' + toString(one.index) AS name, of.position AS position
  ORDER BY position
  RETURN collect(name) AS channels
}
RETURN motif.id AS id, motif.shape AS shape, channels, motif.support AS support, motif.expected AS expected,
       motif.z AS z, motif.p AS p, motif.q AS q
