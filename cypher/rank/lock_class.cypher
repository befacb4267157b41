// Locks a class until the transaction ends, so that one ranking at a time replaces the former one.
// params:  $class int (Class.id)
// returns: id
MATCH (class:Class|PendingClass {id: $class})
SET class.locked = true
REMOVE class.locked
RETURN class.id AS id
