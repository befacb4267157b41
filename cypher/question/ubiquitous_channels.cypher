// Channels that are active for all classes: the share of all images in which each is a top channel.
// needs:   full counts
// params:  $network string (Network.name) · $limit int = 20
// returns: channel, share, classes, least, label
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[activates:ACTIVATES]->(node:Channel)
WITH network, node, sum(activates.count) AS images, count(class) AS classes,
     min(toFloat(activates.count) / class.images) AS least
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
RETURN node.layer + '/' + toString(node.index) AS channel, toFloat(images) / network.images AS share,
       classes, CASE classes WHEN network.classes THEN least ELSE 0.0 END AS least, node.label AS label
ORDER BY share DESC, layer.position, node.index
LIMIT $limit
