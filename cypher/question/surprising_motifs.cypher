// Stored motifs that more classes contain than expected by chance, at a false discovery rate of 5 %.
// needs:   motifs
// params:  $network string (Network.name) · $limit int = 20
// returns: shape, channels, support, expected, z, p, q
MATCH (motif:Motif {network: $network})
WHERE motif.q <= 0.05
CALL (motif) {
  MATCH (motif)-[of:CONSISTS_OF]->(one:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
  WITH one, layer, of.position AS position
  ORDER BY position
  RETURN collect(one.layer + '/' + toString(one.index)) AS channels, collect([layer.position, one.index]) AS places
}
RETURN motif.shape AS shape, channels, motif.support AS support, motif.expected AS expected, motif.z AS z,
       motif.p AS p, motif.q AS q
ORDER BY z DESC, shape, places
LIMIT $limit
