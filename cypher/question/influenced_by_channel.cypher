// The channels that a channel influences most within a class, in the full network.
// needs:   full counts
// params:  $class int (Class.id) · $channel string (Channel.id) · $limit int = 20
// returns: next, count, via
MATCH (class:Class {id: $class})
MATCH (channel:Channel {id: $channel})-[influence:INFLUENCES {class_id: class.id}]->(next:Channel)
RETURN next.layer + '/' + toString(next.index) AS next, influence.count AS count, influence.via AS via
ORDER BY count DESC, next
LIMIT $limit
