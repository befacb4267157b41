// Channels specific to a class: top channels in a far larger share of its images than of all others.
// needs:   full counts, several classes
// params:  $network string (Network.name) · $class int (Class.id) · $limit int = 20
// returns: channel, count, share, share_elsewhere, lift, label
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class {id: $class})
MATCH (class)-[activates:ACTIVATES]->(node:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
CALL (class, node) {
  OPTIONAL MATCH (other:Class)-[elsewhere:ACTIVATES]->(node)
  WHERE other.id <> class.id
  RETURN coalesce(sum(elsewhere.count), 0) AS images
}
WITH node, layer, activates.count AS count, toFloat(activates.count) / class.images AS share,
     toFloat(images) / (network.images - class.images) AS share_elsewhere
RETURN node.layer + '/' + toString(node.index) AS channel, count, share, share_elsewhere,
       CASE share_elsewhere WHEN 0.0 THEN null ELSE share / share_elsewhere END AS lift, node.label AS label
ORDER BY share - share_elsewhere DESC, layer.position, node.index
LIMIT $limit
