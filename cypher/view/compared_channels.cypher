// The channels of several attribution graphs: which graphs contain each, and its count in them.
// params:  $classes list of int (Class.id)
// returns: layer, index, classes, counts
MATCH (class:Class)-[selects:SELECTS]->(channel:Channel)
WHERE class.id IN $classes
WITH channel, class, selects ORDER BY class.id
WITH channel, collect(class.id) AS classes, collect(selects.count) AS counts
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel)
RETURN channel.layer AS layer, channel.index AS index, classes, counts
ORDER BY level.position, index
