// The edges of several attribution graphs: which graphs contain each, and its count in them.
// params:  $classes list of int (Class.id)
// returns: previous_layer, previous, layer, index, classes, counts, skip
MATCH (class:Class)
WHERE class.id IN $classes
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
WITH previous, channel, class, edge ORDER BY class.id
WITH previous, channel, collect(class.id) AS classes, collect(edge.count) AS counts,
     any(skip IN collect(edge.skip) WHERE skip) AS skip
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel)
RETURN previous.layer AS previous_layer, previous.index AS previous, channel.layer AS layer,
       channel.index AS index, classes, counts, skip
ORDER BY level.position, index, previous
