// The channels of a class's attribution graph, the most important first.
// params:  $class int (Class.id) · $limit int = 200
// returns: channel, count, pagerank
MATCH (class:Class {id: $class})-[selects:SELECTS]->(channel:Channel)
RETURN channel.layer + '/' + toString(channel.index) AS channel, selects.count AS count,
       selects.pagerank AS pagerank
ORDER BY pagerank DESC, channel
LIMIT $limit
