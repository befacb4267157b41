// The stored motifs of a network, by the number of classes.
// needs:   motifs
// params:  $network string (Network.name) · $limit int = 100
// returns: id, shape, channels, support, expected, z, p, q
MATCH (motif:Motif {network: $network})
CALL (motif) {
  MATCH (motif)-[of:CONSISTS_OF]->(one:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
  WITH one, layer, of.position AS position
  ORDER BY position
  RETURN collect(one.layer + '/' + toString(one.index)) AS channels, collect([layer.position, one.index]) AS places
}
RETURN motif.id AS id, motif.shape AS shape, channels, motif.support AS support, motif.expected AS expected,
       motif.z AS z, motif.p AS p, motif.q AS q
ORDER BY support DESC, shape, places
LIMIT $limit
