// The channels that fire for all classes: share of all images in which each is a top channel.
// needs:   full counts
// params:  $network string (Network.name) · $limit int = 20
// returns: channel, share, classes, least
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[activates:ACTIVATES]->(channel:Channel)
WITH network, channel, sum(activates.count) AS images, count(class) AS classes,
     min(toFloat(activates.count) / class.images) AS least
RETURN channel.layer + '/' + toString(channel.index) AS channel, toFloat(images) / network.images AS share,
       classes, CASE classes WHEN network.classes THEN least ELSE 0.0 END AS least
ORDER BY share DESC, channel
LIMIT $limit
