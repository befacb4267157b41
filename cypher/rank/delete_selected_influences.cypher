// Deletes the edges of a class's former attribution graph, in the transaction that writes the new ones.
// params:  $class int (Class.id)
// returns: nothing
MATCH (:Channel)-[edge:SELECTED_INFLUENCE {class_id: $class}]->(:Channel)
USING INDEX edge:SELECTED_INFLUENCE(class_id)
DELETE edge
