// Deletes the edges of a class's former attribution graph, in the transaction that writes the new ones.
// params:  $class int (Class.id)
// returns: nothing
MATCH ()-[edge:SELECTED_INFLUENCE {class_id: $class}]->()
DELETE edge
