// The classes that hold a stored motif, by its id as view/motifs tells it.
// params:  $motif string = none
// returns: class, title
MATCH (class:Class)-[:CONTAINS]->(:Motif {id: $motif})
RETURN class.name AS class, class.title AS title
ORDER BY title, class
