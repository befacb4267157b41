// In how many classes' attribution graphs the channels of one class's graph are.
// params:  $class int (Class.id)
// returns: layer, index, classes
MATCH (:Class {id: $class})-[:SELECTS]->(channel:Channel)<-[:HAS_CHANNEL]-(level:Layer)
RETURN channel.layer AS layer, channel.index AS index, COUNT { (:Class)-[:SELECTS]->(channel) } AS classes
ORDER BY level.position, index
