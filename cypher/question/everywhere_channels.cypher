// Channels that are top channels of nearly every class, and specific to none: candidates for ingest --exclude.
// needs:   full counts
// params:  $network string (Network.name) · $of_images float = 0.5 · $of_classes float = 0.9
// returns: channel, classes, share, least, label
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[activates:ACTIVATES]->(node:Channel)
WITH network, node, toFloat(activates.count) / class.images AS part, activates.count AS count
WITH network, node, sum(count) AS images, sum(CASE WHEN part >= $of_images THEN 1 ELSE 0 END) AS classes,
     CASE count(part) WHEN network.classes THEN min(part) ELSE 0.0 END AS least
WHERE classes >= $of_classes * network.classes
MATCH (layer:Layer)-[:HAS_CHANNEL]->(node)
RETURN node.layer + '/' + toString(node.index) AS channel, classes, toFloat(images) / network.images AS share,
       least, node.label AS label
ORDER BY share DESC, layer.position, node.index
