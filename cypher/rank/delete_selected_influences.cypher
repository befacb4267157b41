// Takes the edges of the former attribution graph away, in the transaction that writes the new ones.
// params:  $class int (Class.id)
// returns: nothing
MATCH ()-[edge:SELECTED_INFLUENCE {class_id: $class}]->()
DELETE edge
