// Deletes one batch of the edges of a retired class's attribution graph.
// params:  $class int (Class.id) · $limit int
// returns: deleted
MATCH (:Channel)-[edge:SELECTED_INFLUENCE {class_id: $class}]->(:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
WITH edge LIMIT $limit
DELETE edge
RETURN count(*) AS deleted
