// The channels that are top channels in the most images of a class.
// needs:   full counts
// params:  $class int (Class.id) · $limit int = 20
// returns: channel, branch, count, images, share, pagerank, selected
MATCH (class:Class {id: $class})-[activates:ACTIVATES]->(channel:Channel)
OPTIONAL MATCH (class)-[ranks:RANKS]->(channel)
RETURN channel.layer + '/' + toString(channel.index) AS channel, channel.branch AS branch,
       activates.count AS count, class.images AS images,
       toFloat(activates.count) / class.images AS share, ranks.pagerank AS pagerank,
       EXISTS { (class)-[:SELECTS]->(channel) } AS selected
ORDER BY count DESC, channel
LIMIT $limit
