// Channels that are top channels in a larger share of one class's images than of another's; z is that of the difference.
// needs:   full counts
// params:  $class int (Class.id) · $other int (Class.id) · $limit int = 10
// returns: layer, index, share, other_share, z
MATCH (class:Class {id: $class})-[activates:ACTIVATES]->(node:Channel), (other:Class {id: $other})
OPTIONAL MATCH (other)-[activates_other:ACTIVATES]->(node)
WITH node, activates.count AS count, coalesce(activates_other.count, 0) AS other_count,
     toFloat(class.images) AS images, toFloat(other.images) AS other_images
WITH node, count / images AS share, other_count / other_images AS other_share,
     (count + other_count) / (images + other_images) AS both, 1 / images + 1 / other_images AS parts
WHERE share > other_share
MATCH (level:Layer)-[:HAS_CHANNEL]->(node)
RETURN node.layer AS layer, node.index AS index, share, other_share,
       (share - other_share) / sqrt(both * (1 - both) * parts) AS z
ORDER BY z DESC, level.position DESC, index
LIMIT $limit
