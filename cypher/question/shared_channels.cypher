// Channels that are in the attribution graphs of both classes.
// params:  $class int (Class.id) · $other int (Class.id)
// returns: channel, count, other_count, label
MATCH (class:Class {id: $class})-[selects:SELECTS]->(node:Channel)<-[:HAS_CHANNEL]-(layer:Layer)
MATCH (other:Class {id: $other})-[other_selects:SELECTS]->(node)
RETURN node.layer + '/' + toString(node.index) AS channel, selects.count AS count,
       other_selects.count AS other_count, node.label AS label
ORDER BY layer.position DESC, node.index
