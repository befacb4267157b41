// Gives up a class that its writer left unfinished.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:PendingClass {id: $class})
REMOVE class:PendingClass
SET class:RetiredClass
