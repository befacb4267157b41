// The channels in groups of a network, with the one of their layer that is most alike, and their labels.
// needs:   groups
// params:  $network string (Network.name) · $layer string (Layer.name) = all
// returns: layer, number, similarity, index, nearest, redundancy, label, label_score, label_source, label_alternatives
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)
WHERE $layer IS NULL OR level.name = $layer
MATCH (group:ChannelGroup {network: $network, layer: level.name})<-[:IN_GROUP]-(channel:Channel)
RETURN group.layer AS layer, group.number AS number, group.similarity AS similarity, channel.index AS index,
       channel.nearest AS nearest, channel.redundancy AS redundancy, channel.label AS label,
       channel.label_score AS label_score, channel.label_source AS label_source,
       channel.label_alternatives AS label_alternatives
ORDER BY level.position, number, index
