// The channels that influence a channel (above is false) or that it influences, over all attribution graphs.
// params:  $channel string (Channel.id)
// returns: above, layer, index, classes, images, names
MATCH (channel:Channel {id: $channel})-[edge:SELECTED_INFLUENCE]-(other:Channel)
MATCH (class:Class {id: edge.class_id})
WITH startNode(edge) = channel AS above, other, class, edge ORDER BY class.name
WITH above, other, count(class) AS classes, sum(edge.count) AS images, collect(class.name) AS names
MATCH (level:Layer)-[:HAS_CHANNEL]->(other)
RETURN above, other.layer AS layer, other.index AS index, classes, images, names
ORDER BY above, classes DESC, images DESC, level.position, index
