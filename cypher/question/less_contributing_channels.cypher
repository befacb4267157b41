// Top channels of many of a class's images that seldom speak for or against it: background and context.
// needs:   full counts
// params:  $class string (Class.name) · $activation string (Network.activation) · $relevance string (Network.relevance)
// params:  $against string (Network.against) · $fires float = 0.5 · $contributes float = 0.05 · $limit int = 20
// returns: channel, count, fires, supports, opposes
MATCH (class:Class {network: $activation, name: $class})-[activates:ACTIVATES]->(node:Channel)
WITH node, activates.count AS count, toFloat(activates.count) / class.images AS fires
WHERE fires >= $fires
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
MATCH (pro:Class {network: $relevance, name: $class}), (contra:Class {network: $against, name: $class})
WITH layer, node, count, fires, pro, contra, '/' + node.layer + '/' + toString(node.index) AS place
OPTIONAL MATCH (pro)-[for_it:ACTIVATES]->(:Channel {id: $relevance + place})
OPTIONAL MATCH (contra)-[against_it:ACTIVATES]->(:Channel {id: $against + place})
WITH layer, node, count, fires, toFloat(coalesce(for_it.count, 0)) / pro.images AS supports,
     toFloat(coalesce(against_it.count, 0)) / contra.images AS opposes
WHERE supports <= $contributes AND opposes <= $contributes
RETURN node.layer + '/' + toString(node.index) AS channel, count, fires, supports, opposes
ORDER BY layer.position DESC, fires DESC, node.index
LIMIT $limit
