// The edges that stand in the attribution graphs of both of two classes.
// params:  $class int (Class.id) · $other int (Class.id)
// returns: previous, channel, count, other_count
MATCH (class:Class {id: $class})
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
WITH previous, channel, edge
MATCH (other:Class {id: $other})
MATCH (previous)-[other_edge:SELECTED_INFLUENCE {class_id: other.id}]->(channel)
RETURN previous.layer + '/' + toString(previous.index) AS previous,
       channel.layer + '/' + toString(channel.index) AS channel, edge.count AS count,
       other_edge.count AS other_count
ORDER BY channel.layer DESC, channel.index, previous.index
