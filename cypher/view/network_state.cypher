// Number of classes of a network, and whether it has positions, motifs and groups of channels.
// params:  $network string (Network.name)
// returns: classes, positions, motifs, groups
MATCH (network:Network {name: $network})
RETURN COUNT { (network)-[:HAS_CLASS]->(:Class) } AS classes,
       EXISTS { (network)-[:HAS_CLASS]->(:Class)-[:PLACED]->(:Layer) } AS positions,
       EXISTS { (:Motif {network: $network}) } AS motifs,
       network.group_method IS NOT NULL AS groups
ORDER BY classes
