// The edges that the most attribution graphs share.
// params:  $network string (Network.name) · $limit int = 20
// returns: previous, channel, classes
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
WITH previous, channel, count(*) AS classes
RETURN previous.layer + '/' + toString(previous.index) AS previous,
       channel.layer + '/' + toString(channel.index) AS channel, classes
ORDER BY classes DESC, channel, previous
LIMIT $limit
