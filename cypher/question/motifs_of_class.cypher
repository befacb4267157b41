// The stored motifs that a class contains, the most common first.
// needs:   motifs
// params:  $class int (Class.id) · $limit int = 20
// returns: shape, channels, support, expected, z, p, q
MATCH (:Class {id: $class})-[:CONTAINS]->(motif:Motif)
CALL (motif) {
  MATCH (motif)-[of:CONSISTS_OF]->(one:Channel)
  WITH one.layer + '/' + toString(one.index) AS name, of.position AS position
  ORDER BY position
  RETURN collect(name) AS channels
}
RETURN motif.shape AS shape, channels, motif.support AS support, motif.expected AS expected, motif.z AS z,
       motif.p AS p, motif.q AS q
ORDER BY support DESC, shape, channels
LIMIT $limit
