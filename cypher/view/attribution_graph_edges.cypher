// The influences between the channels of one class's attribution graph.
// params:  $class int (Class.id)
// returns: layer, index, previous_layer, previous, count, via, via_stop, skip
MATCH (class:Class {id: $class})
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel)
RETURN channel.layer AS layer, channel.index AS index, previous.layer AS previous_layer,
       previous.index AS previous, edge.count AS count, edge.via AS via,
       edge.via_stop AS via_stop, coalesce(edge.skip, false) AS skip
ORDER BY level.position, index, previous
