// How many classes a network's stored motifs were mined in, and whether these are still its classes.
// needs:   motifs
// params:  $network string (Network.name)
// returns: mined, classes, current
MATCH (motif:Motif {network: $network})
WITH min(motif.classes) AS mined, min(motif.newest) AS newest
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
WITH mined, newest, count(class) AS classes, max(class.id) AS last
RETURN mined, classes, coalesce(mined = classes AND newest = last, true) AS current
ORDER BY mined
