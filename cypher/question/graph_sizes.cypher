// How many channels and edges the attribution graph of each class has.
// params:  $network string (Network.name)
// returns: class, title, channels, edges
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
CALL (class) {
  MATCH (class)-[selects:SELECTS]->(:Channel)
  RETURN count(selects) AS channels
}
CALL (class) {
  MATCH ()-[edge:SELECTED_INFLUENCE {class_id: class.id}]->()
  RETURN count(edge) AS edges
}
RETURN class.name AS class, class.title AS title, channels, edges
ORDER BY channels DESC, class
