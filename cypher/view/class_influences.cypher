// All influences of one class in the full network.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, channel, previous_layer, previous, count, via
MATCH (class:Class {id: $class})
MATCH (previous:Channel)-[influence:INFLUENCES {class_id: class.id}]->(channel:Channel)
USING INDEX influence:INFLUENCES(class_id)
RETURN channel.layer AS layer, channel.index AS channel, previous.layer AS previous_layer,
       previous.index AS previous, influence.count AS count, influence.via AS via
ORDER BY layer, channel, previous
