// Groups of channels of a layer that do the same work, the largest first, with the most similar pair's redundancy.
// needs:   groups
// params:  $network string (Network.name) · $layer string (Layer.name) = all
// returns: id, layer, number, channels, labels, similarity, redundancy
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)
WHERE $layer IS NULL OR level.name = $layer
MATCH (group:ChannelGroup {network: $network, layer: level.name})<-[:IN_GROUP]-(channel:Channel)
WITH level, group, channel
ORDER BY channel.index
WITH level, group, collect(channel.layer + '/' + toString(channel.index)) AS channels,
     collect(channel.label) AS labels, max(channel.redundancy) AS redundancy
RETURN group.id AS id, group.layer AS layer, group.number AS number, channels, labels,
       group.similarity AS similarity, redundancy
ORDER BY level.position, number
