// Number of classes, positions and motifs of a network.
// params:  $network string (Network.name)
// returns: classes, positions, motifs
MATCH (network:Network {name: $network})
RETURN COUNT { (network)-[:HAS_CLASS]->(:Class) } AS classes,
       EXISTS { (network)-[:HAS_CLASS]->(:Class)-[:PLACED]->(:Layer) } AS positions,
       EXISTS { (:Motif {network: $network}) } AS motifs
ORDER BY classes
