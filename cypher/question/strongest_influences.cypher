// The strongest edges of a class's attribution graph.
// params:  $class int (Class.id) · $limit int = 20
// returns: previous, channel, count, via
MATCH (class:Class {id: $class})
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
RETURN previous.layer + '/' + toString(previous.index) AS previous,
       channel.layer + '/' + toString(channel.index) AS channel, edge.count AS count, edge.via AS via
ORDER BY count DESC, channel.layer DESC, channel.index, previous.index
LIMIT $limit
