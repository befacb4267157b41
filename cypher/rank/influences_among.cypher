// One class's influences between the given channels.
// params:  $class int (Class.id) · $nodes list of int
// returns: previous, channel, influence
MATCH (previous)-[influence:INFLUENCES {class_id: $class}]->(channel)
USING INDEX influence:INFLUENCES(class_id)
WHERE id(previous) IN $nodes AND id(channel) IN $nodes
RETURN id(previous) AS previous, id(channel) AS channel, id(influence) AS influence
