// Deletes one batch of a retired class's influences.
// params:  $class int (Class.id) · $limit int
// returns: deleted
MATCH (:Channel)-[influence:INFLUENCES {class_id: $class}]->(:Channel)
USING INDEX influence:INFLUENCES(class_id)
WITH influence LIMIT $limit
DELETE influence
RETURN count(*) AS deleted
