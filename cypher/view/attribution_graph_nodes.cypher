// The channels of one class's attribution graph.
// params:  $class int (Class.id)
// returns: layer, index, count, pagerank, attr_channels
MATCH (:Class {id: $class})-[selects:SELECTS]->(channel:Channel)<-[:HAS_CHANNEL]-(level:Layer)
RETURN channel.layer AS layer, channel.index AS index, selects.count AS count,
       selects.pagerank AS pagerank, selects.attr_channels AS attr_channels
ORDER BY level.position, index
