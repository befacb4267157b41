// Projects classes and the pairs of similar ones, by their GDS node ids; with isolated classes.
// params:  $nodes list of int · $pairs list of maps (one, two, cosine) · $graph string
// returns: graph
CALL () {
  UNWIND $nodes AS node
  MATCH (class:Class) WHERE id(class) = node
  RETURN class AS source, null AS target, null AS cosine
  UNION ALL
  UNWIND $pairs AS pair
  MATCH (one:Class) WHERE id(one) = pair.one
  MATCH (two:Class) WHERE id(two) = pair.two
  RETURN one AS source, two AS target, pair.cosine AS cosine
}
RETURN gds.graph.project(
  $graph,
  source,
  target,
  {relationshipProperties: CASE WHEN target IS NULL THEN null ELSE {cosine: cosine} END},
  {undirectedRelationshipTypes: ['*']}
) AS graph
