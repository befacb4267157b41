// The channels of several attribution graphs: which graphs contain each, and its count in them.
// params:  $classes list of int (Class.id)
// returns: layer, index, classes, counts
MATCH (class:Class)-[selects:SELECTS]->(channel:Channel)
WHERE class.id IN $classes
WITH channel, class, selects ORDER BY class.id
RETURN channel.layer AS layer, channel.index AS index, collect(class.id) AS classes,
       collect(selects.count) AS counts
ORDER BY layer, index
