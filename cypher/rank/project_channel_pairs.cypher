// Projects similar channels of a network, by their GDS node ids.
// params:  $pairs list of maps (one, two, similarity) · $graph string
// returns: graph
UNWIND $pairs AS pair
MATCH (one:Channel) WHERE id(one) = pair.one
MATCH (two:Channel) WHERE id(two) = pair.two
RETURN gds.graph.project(
  $graph,
  one,
  two,
  {relationshipProperties: {similarity: pair.similarity}},
  {undirectedRelationshipTypes: ['*']}
) AS graph
