// Deletes one batch of a retired class's influences.
// params:  $class int (Class.id) · $limit int
// returns: deleted
MATCH ()-[influence:INFLUENCES {class_id: $class}]->()
WITH influence LIMIT $limit
DELETE influence
RETURN count(*) AS deleted
