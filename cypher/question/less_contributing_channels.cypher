// Top channels of many of a class's images that seldom speak for or against it: background and context.
// needs:   full counts
// params:  $class string (Class.name) · $activation string (Network.activation) · $relevance string (Network.relevance)
// params:  $against string (Network.against) · $fires float = 0.5 · $contributes float = 0.05 · $of_largest float = 0.1
// params:  $limit int = 20
// returns: channel, count, fires, supports, opposes, of_largest, label
MATCH (pro:Class {network: $relevance, name: $class}), (contra:Class {network: $against, name: $class})
OPTIONAL MATCH (any:Channel)-[each:CONTRIBUTES]->(pro)
WITH pro, contra, any.layer AS name, max(abs(each.relevance)) AS largest
WITH pro, contra, collect([name, largest]) AS layers
MATCH (class:Class {network: $activation, name: $class})-[activates:ACTIVATES]->(node:Channel)
WITH pro, contra, layers, node, activates.count AS count, toFloat(activates.count) / class.images AS fires
WHERE fires >= $fires
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
WITH *, '/' + node.layer + '/' + toString(node.index) AS place,
     [pair IN layers WHERE pair[0] = node.layer | pair[1]][0] AS largest
OPTIONAL MATCH (pro)-[for_it:ACTIVATES]->(:Channel {id: $relevance + place})
OPTIONAL MATCH (contra)-[against_it:ACTIVATES]->(:Channel {id: $against + place})
OPTIONAL MATCH (:Channel {id: $relevance + place})-[contributes:CONTRIBUTES]->(pro)
WITH layer, node, count, fires, toFloat(coalesce(for_it.count, 0)) / pro.images AS supports,
     toFloat(coalesce(against_it.count, 0)) / contra.images AS opposes,
     CASE WHEN largest > 0 THEN coalesce(contributes.relevance, 0) / largest END AS of_largest
WHERE supports <= $contributes AND opposes <= $contributes AND abs(coalesce(of_largest, 0)) <= $of_largest
RETURN node.layer + '/' + toString(node.index) AS channel, count, fires, supports, opposes, of_largest,
       node.label AS label
ORDER BY layer.position DESC, fires DESC, node.index
LIMIT $limit
