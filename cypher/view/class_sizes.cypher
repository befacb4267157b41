// How much the database holds of each class: images, activations, influences.
// params:  $network string (Network.name)
// returns: name, images, activations, influences
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
CALL (class) {
  MATCH ()-[influence:INFLUENCES {class_id: class.id}]->()
  RETURN count(influence) AS influences
}
RETURN class.name AS name, class.images AS images, COUNT { (class)-[:ACTIVATES]->() } AS activations,
       influences
ORDER BY name
