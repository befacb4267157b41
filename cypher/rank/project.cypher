// Projects one class's influences, undirected and weighted by count, over all channels of its network.
// params:  $network string (Network.name) · $class int (Class.id) · $graph string
// returns: graph
CALL () {
  MATCH (:Network {name: $network})-[:HAS_LAYER]->(:Layer)-[:HAS_CHANNEL]->(channel:Channel)
  RETURN channel AS source, null AS target, null AS count
  UNION ALL
  MATCH (previous:Channel)-[influence:INFLUENCES {class_id: $class}]->(channel:Channel)
  USING INDEX influence:INFLUENCES(class_id)
  RETURN previous AS source, channel AS target, influence.count AS count
}
RETURN gds.graph.project(
  $graph,
  source,
  target,
  {relationshipProperties: CASE WHEN target IS NULL THEN null ELSE {count: count} END},
  {undirectedRelationshipTypes: ['*']}
) AS graph
