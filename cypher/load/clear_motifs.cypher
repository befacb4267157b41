// Deletes one batch of a network's motifs.
// params:  $network string (Network.name) · $limit int
// returns: deleted
MATCH (motif:Motif {network: $network})
WITH motif LIMIT $limit
DETACH DELETE motif
RETURN count(*) AS deleted
