// The influences between the channels of one class's attribution graph.
// params:  $class int (Class.id)
// returns: layer, index, previous_layer, previous, count, via
MATCH (class:Class {id: $class})
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
RETURN channel.layer AS layer, channel.index AS index, previous.layer AS previous_layer,
       previous.index AS previous, edge.count AS count, edge.via AS via
ORDER BY layer, index, previous
