// The channels that are in the most attribution graphs.
// params:  $network string (Network.name) · $limit int = 20
// returns: channel, classes, names
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[:SELECTS]->(channel:Channel)
WITH channel, class ORDER BY class.name
WITH channel, count(class) AS classes, collect(class.name)[..10] AS names
RETURN channel.layer + '/' + toString(channel.index) AS channel, classes, names
ORDER BY classes DESC, channel
LIMIT $limit
