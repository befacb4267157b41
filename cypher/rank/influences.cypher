// All influences of one class, grouped by the channel that they are on.
// params:  $class int (Class.id)
// returns: channel, previous, counts
MATCH (previous)-[influence:INFLUENCES {class_id: $class}]->(channel)
USING INDEX influence:INFLUENCES(class_id)
RETURN id(channel) AS channel, collect(id(previous)) AS previous, collect(coalesce(influence.count, 0)) AS counts
