// Retires a class that its writer did not finish; one that was published while this query waited for its lock stays.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:PendingClass {id: $class})
SET class.locked = true
REMOVE class.locked
WITH class
WHERE class:PendingClass
REMOVE class:PendingClass
SET class:RetiredClass
