// The channels that stand in the attribution graphs of both of two classes.
// params:  $class int (Class.id) · $other int (Class.id)
// returns: channel, count, other_count
MATCH (class:Class {id: $class})-[selects:SELECTS]->(channel:Channel)
MATCH (other:Class {id: $other})-[other_selects:SELECTS]->(channel)
RETURN channel.layer + '/' + toString(channel.index) AS channel, selects.count AS count,
       other_selects.count AS other_count
ORDER BY channel.layer DESC, channel.index
