// Deletes a network's stored motifs of one shape and size, in the transaction that writes new ones.
// params:  $network string (Network.name) · $shape string · $size int
// returns: nothing
MATCH (motif:Motif {network: $network, shape: $shape})
WHERE COUNT { (motif)-[:CONSISTS_OF]->() } = $size
DETACH DELETE motif
