// The strongest influences on a channel within a class, in the full network.
// needs:   full counts
// params:  $class int (Class.id) · $channel string (Channel.id) · $limit int = 20
// returns: previous, count, via
MATCH (class:Class {id: $class})
MATCH (lower:Channel)-[influence:INFLUENCES {class_id: class.id}]->(:Channel {id: $channel})
RETURN lower.layer + '/' + toString(lower.index) AS previous, influence.count AS count, influence.via AS via
ORDER BY count DESC, lower.index
LIMIT $limit
