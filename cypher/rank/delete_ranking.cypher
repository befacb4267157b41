// Takes the former ranking and selection off a class, in the transaction that writes the new ones.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:Class|PendingClass {id: $class})-[former:RANKS|SELECTS]->(:Channel)
DELETE former
