// Number of images, activations, influences and supporting channels stored for one class.
// params:  $class int (Class.id)
// returns: images, activations, influences, outputs
MATCH (class:Class {id: $class})
CALL (class) {
  MATCH ()-[influence:INFLUENCES {class_id: class.id}]->()
  RETURN count(influence) AS influences
}
RETURN class.images AS images, COUNT { (class)-[:ACTIVATES]->() } AS activations, influences,
       COUNT { (class)<-[:SUPPORTS]-() } AS outputs
