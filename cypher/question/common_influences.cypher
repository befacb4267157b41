// The edges that the most attribution graphs share.
// params:  $network string (Network.name) · $limit int = 20
// returns: previous, channel, classes
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
MATCH (lower:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(upper:Channel)
WITH lower, upper, count(*) AS classes
MATCH (layer:Layer)-[:HAS_CHANNEL]->(upper)
RETURN lower.layer + '/' + toString(lower.index) AS previous,
       upper.layer + '/' + toString(upper.index) AS channel, classes
ORDER BY classes DESC, layer.position, upper.index, lower.index
LIMIT $limit
