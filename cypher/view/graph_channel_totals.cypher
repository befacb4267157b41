// In how many images of all classes the channels of one class's attribution graph are top channels.
// needs:   full counts
// params:  $class int (Class.id)
// returns: layer, index, everywhere
MATCH (:Class {id: $class})-[:SELECTS]->(channel:Channel)<-[:HAS_CHANNEL]-(level:Layer)
CALL (channel) {
  MATCH (:Class)-[activates:ACTIVATES]->(channel)
  RETURN sum(activates.count) AS everywhere
}
RETURN channel.layer AS layer, channel.index AS index, everywhere
ORDER BY level.position, index
