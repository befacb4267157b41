// All influences of one class in the full network.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, channel, previous_layer, previous, count, via, via_stop, skip
MATCH (class:Class {id: $class})
MATCH (previous:Channel)-[influence:INFLUENCES {class_id: class.id}]->(channel:Channel)
USING INDEX influence:INFLUENCES(class_id)
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel)
RETURN channel.layer AS layer, channel.index AS channel, previous.layer AS previous_layer,
       previous.index AS previous, influence.count AS count, influence.via AS via,
       influence.via_stop AS via_stop, coalesce(influence.skip, false) AS skip
ORDER BY level.position, channel, previous
