// The channels that a channel influences most within a class, in the full network.
// needs:   full counts
// params:  $class int (Class.id) · $channel string (Channel.id) · $limit int = 20
// returns: next, count, via
MATCH (class:Class {id: $class})
MATCH (:Channel {id: $channel})-[influence:INFLUENCES {class_id: class.id}]->(upper:Channel)
RETURN upper.layer + '/' + toString(upper.index) AS next, influence.count AS count, influence.via AS via
ORDER BY count DESC, upper.index
LIMIT $limit
