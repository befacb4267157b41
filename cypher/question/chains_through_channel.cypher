// Chains of three channels with the given channel in the middle, by the number of classes that contain them.
// params:  $channel string (Channel.id) · $limit int = 20
// returns: channels, classes, names
MATCH (low:Channel)-[below:SELECTED_INFLUENCE]->(middle:Channel {id: $channel})
      -[above:SELECTED_INFLUENCE {class_id: below.class_id}]->(high:Channel)
MATCH (class:Class {id: below.class_id})
WITH low, middle, high, class ORDER BY class.name
WITH low, middle, high, count(class) AS classes, collect(class.name)[..10] AS names
RETURN [one IN [low, middle, high] | one.layer + '/' + toString(one.index)] AS channels, classes, names
ORDER BY classes DESC, low.index, high.index
LIMIT $limit
