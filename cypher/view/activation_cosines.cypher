// The cosine of two classes' rows of A, per layer and pair of classes; pairs with a row of zeros are omitted.
// needs:   full counts
// params:  $classes list of int (Class.id)
// returns: layer, class, other, cosine
MATCH (class:Class)-[activates:ACTIVATES]->(channel:Channel)
WHERE class.id IN $classes
WITH class, channel.network AS network, channel.layer AS layer, sqrt(sum(toFloat(activates.count) ^ 2)) AS length
MATCH (level:Layer {network: network, name: layer})
WITH level, layer, collect({class: class, length: length}) AS rows
UNWIND rows AS one
UNWIND rows AS two
WITH level, layer, one, two
WHERE one.class.id < two.class.id
CALL (layer, one, two) {
  WITH one.class AS first, two.class AS second
  OPTIONAL MATCH (first)-[left:ACTIVATES]->(channel:Channel {layer: layer})<-[right:ACTIVATES]-(second)
  RETURN coalesce(sum(toFloat(left.count) * right.count), 0.0) AS product
}
RETURN layer, one.class.id AS class, two.class.id AS other, product / (one.length * two.length) AS cosine
ORDER BY level.position, class, other
