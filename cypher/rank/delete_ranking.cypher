// Deletes a class's former ranking and selection, in the transaction that writes the new ones.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:Class|PendingClass {id: $class})-[former:RANKS|SELECTS]->(:Channel)
DELETE former
