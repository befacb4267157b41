// The channels of the last layer that support one class's output.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, channel, count
MATCH (channel:Channel)-[supports:SUPPORTS]->(:Class {id: $class})
RETURN channel.layer AS layer, channel.index AS channel, supports.count AS count
ORDER BY layer, channel
