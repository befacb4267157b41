// The stored motifs that contain a channel, the most common first.
// needs:   motifs
// params:  $channel string (Channel.id) · $limit int = 20
// returns: shape, channels, support, expected, z, p, q
MATCH (:Channel {id: $channel})<-[:CONSISTS_OF]-(motif:Motif)
CALL (motif) {
  MATCH (motif)-[of:CONSISTS_OF]->(one:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
  WITH one, layer, of.position AS position
  ORDER BY position
  RETURN collect(one.layer + '/' + toString(one.index)) AS channels, collect([layer.position, one.index]) AS places
}
RETURN motif.shape AS shape, channels, motif.support AS support, motif.expected AS expected, motif.z AS z,
       motif.p AS p, motif.q AS q
ORDER BY support DESC, shape, places
LIMIT $limit
