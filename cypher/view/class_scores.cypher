// Every channel's score for one class, and whether its attribution graph has the channel.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, channel, pagerank, count, selected
MATCH (class:Class {id: $class})-[ranks:RANKS]->(channel:Channel)
OPTIONAL MATCH (class)-[activates:ACTIVATES]->(channel)
RETURN channel.layer AS layer, channel.index AS channel, ranks.pagerank AS pagerank,
       coalesce(activates.count, 0) AS count, EXISTS { (class)-[:SELECTS]->(channel) } AS selected
ORDER BY layer, channel
