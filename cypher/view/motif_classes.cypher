// The classes that contain a stored motif, by the id that view/motifs returns.
// params:  $motif string = none
// returns: class, title
MATCH (class:Class)-[:CONTAINS]->(:Motif {id: $motif})
RETURN class.name AS class, class.title AS title
ORDER BY title, class
