// Projects one class's influences, undirected and weighted by count, over all channels of its network.
// params:  $network string (Network.name) · $class int (Class.id) · $graph string · $checked boolean: leave out other programs' relationships
// returns: graph
CALL () {
  MATCH (:Network {name: $network})-[:HAS_LAYER]->(:Layer)-[:HAS_CHANNEL]->(channel:Channel)
  RETURN channel AS source, null AS target, null AS properties
  UNION ALL
  MATCH (previous)-[influence:INFLUENCES {class_id: $class}]->(channel)
  USING INDEX influence:INFLUENCES(class_id)
  WHERE NOT $checked OR (previous:Channel AND channel:Channel AND previous.network = $network AND channel.network = $network)
  RETURN previous AS source, channel AS target, {relationshipProperties: {count: influence.count}} AS properties
}
RETURN gds.graph.project(
  $graph,
  source,
  target,
  properties,
  {undirectedRelationshipTypes: ['*']}
) AS graph
