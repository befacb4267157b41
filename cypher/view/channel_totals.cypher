// In how many images of the whole network, and of one class, each channel is a top channel.
// needs:   full counts
// params:  $network string (Network.name) · $class int (Class.id)
// returns: layer, index, count, everywhere
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[activates:ACTIVATES]->(channel:Channel)
WITH channel, sum(activates.count) AS everywhere,
     sum(CASE class.id WHEN $class THEN activates.count ELSE 0 END) AS count
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel)
RETURN channel.layer AS layer, channel.index AS index, count, everywhere
ORDER BY level.position, index
