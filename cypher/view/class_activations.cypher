// The row of A of one class: every channel that is a top channel in at least one of its images.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, channel, count
MATCH (:Class {id: $class})-[activates:ACTIVATES]->(channel:Channel)<-[:HAS_CHANNEL]-(level:Layer)
RETURN channel.layer AS layer, channel.index AS channel, activates.count AS count
ORDER BY level.position, channel
