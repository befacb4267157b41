// Number of images, activations, influences, supporting channels and sums of relevance stored for one class.
// params:  $class int (Class.id)
// returns: images, activations, influences, outputs, relevance
MATCH (class:Class {id: $class})
CALL (class) {
  MATCH ()-[influence:INFLUENCES {class_id: class.id}]->()
  RETURN count(influence) AS influences
}
RETURN class.images AS images, COUNT { (class)-[:ACTIVATES]->() } AS activations, influences,
       COUNT { (class)<-[:SUPPORTS]-() } AS outputs, COUNT { (class)<-[:CONTRIBUTES]-() } AS relevance
