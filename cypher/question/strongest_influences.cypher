// The strongest edges of a class's attribution graph.
// params:  $class int (Class.id) · $limit int = 20
// returns: previous, channel, count, via
MATCH (class:Class {id: $class})
MATCH (lower:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(upper:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
MATCH (layer:Layer)-[:HAS_CHANNEL]->(upper)
RETURN lower.layer + '/' + toString(lower.index) AS previous,
       upper.layer + '/' + toString(upper.index) AS channel, edge.count AS count, edge.via AS via
ORDER BY count DESC, layer.position DESC, upper.index, lower.index
LIMIT $limit
