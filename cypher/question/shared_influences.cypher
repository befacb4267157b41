// Edges that are in the attribution graphs of both classes.
// params:  $class int (Class.id) · $other int (Class.id)
// returns: previous, channel, count, other_count
MATCH (class:Class {id: $class})
MATCH (lower:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(upper:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
WITH lower, upper, edge
MATCH (other:Class {id: $other})
MATCH (lower)-[other_edge:SELECTED_INFLUENCE {class_id: other.id}]->(upper)<-[:HAS_CHANNEL]-(layer:Layer)
RETURN lower.layer + '/' + toString(lower.index) AS previous,
       upper.layer + '/' + toString(upper.index) AS channel, edge.count AS count,
       other_edge.count AS other_count
ORDER BY layer.position DESC, upper.index, lower.index
