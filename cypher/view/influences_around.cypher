// The strongest influences on and of some channels within a class, in the full network, with the channels' counts.
// needs:   full counts
// params:  $class int (Class.id) · $channels list of string (Channel.id) · $limit int = 12
// returns: layer, index, previous_layer, previous, count, via, via_stop, skip, previous_images, images
MATCH (class:Class {id: $class})
UNWIND $channels AS id
MATCH (one:Channel {id: id})
CALL (class, one) {
  MATCH (lower:Channel)-[influence:INFLUENCES {class_id: class.id}]->(one)
  RETURN lower, influence, one AS upper
  ORDER BY influence.count DESC, lower.index LIMIT $limit
  UNION
  MATCH (one)-[influence:INFLUENCES {class_id: class.id}]->(upper:Channel)
  RETURN one AS lower, influence, upper
  ORDER BY influence.count DESC, upper.index LIMIT $limit
}
OPTIONAL MATCH (class)-[below:ACTIVATES]->(lower)
OPTIONAL MATCH (class)-[above:ACTIVATES]->(upper)
RETURN upper.layer AS layer, upper.index AS index, lower.layer AS previous_layer, lower.index AS previous,
       influence.count AS count, influence.via AS via, influence.via_stop AS via_stop,
       coalesce(influence.skip, false) AS skip, coalesce(below.count, 0) AS previous_images,
       coalesce(above.count, 0) AS images
ORDER BY count DESC, layer, index, previous
