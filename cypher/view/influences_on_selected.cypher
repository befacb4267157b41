// All influences on the channels of one class's attribution graph, selected or not.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, index, previous, count
MATCH (class:Class {id: $class})
MATCH (class)-[:SELECTS]->(selected:Channel)
WITH class, collect(selected) AS graph
MATCH (previous:Channel)-[influence:INFLUENCES {class_id: class.id}]->(channel:Channel)
USING INDEX influence:INFLUENCES(class_id)
WHERE channel IN graph
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel)
RETURN channel.layer AS layer, channel.index AS index, previous.index AS previous, influence.count AS count
ORDER BY level.position, index, count DESC, previous
