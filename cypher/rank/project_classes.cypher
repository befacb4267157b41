// Projects a network's classes, each connected with its nearest ones by similarity of the attribution graphs; with isolated classes.
// params:  $network string (Network.name) · $least float · $neighbours int · $graph string
// returns: graph
CALL () {
  MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
  RETURN class AS source, null AS target, null AS cosine
  UNION ALL
  MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
  CALL (class) {
    MATCH (class)-[selects:SELECTS]->(:Channel)
    RETURN sqrt(sum(toFloat(selects.count) ^ 2)) AS length
  }
  MATCH (class)-[selects:SELECTS]->(channel:Channel)
  WHERE length > 0
  WITH channel, collect({class: class, weight: selects.count / length}) AS holders
  UNWIND holders AS one
  UNWIND holders AS two
  WITH one.class AS class, two.class AS other, one.weight * two.weight AS product
  WHERE class <> other
  WITH class, other, sum(product) AS cosine
  WHERE cosine >= $least
  ORDER BY cosine DESC, other.id
  WITH class, collect({class: other, cosine: cosine})[..$neighbours] AS nearest
  UNWIND nearest AS near
  WITH CASE WHEN class.id < near.class.id THEN [class, near.class] ELSE [near.class, class] END AS pair,
       max(near.cosine) AS cosine
  RETURN pair[0] AS source, pair[1] AS target, cosine
}
RETURN gds.graph.project(
  $graph,
  source,
  target,
  {relationshipProperties: CASE WHEN target IS NULL THEN null ELSE {cosine: cosine} END},
  {undirectedRelationshipTypes: ['*']}
) AS graph
