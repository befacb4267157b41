// Retires a class that its writer did not finish.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:PendingClass {id: $class})
REMOVE class:PendingClass
SET class:RetiredClass
