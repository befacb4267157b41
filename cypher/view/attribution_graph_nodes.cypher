// The channels of one class's attribution graph.
// params:  $class int (Class.id)
// returns: layer, index, count, pagerank, attr_channels, label, label_score, label_source, label_alternatives
MATCH (:Class {id: $class})-[selects:SELECTS]->(channel:Channel)<-[:HAS_CHANNEL]-(level:Layer)
RETURN channel.layer AS layer, channel.index AS index, selects.count AS count,
       selects.pagerank AS pagerank, selects.attr_channels AS attr_channels,
       channel.label AS label, channel.label_score AS label_score,
       channel.label_source AS label_source, channel.label_alternatives AS label_alternatives
ORDER BY level.position, index
