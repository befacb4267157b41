// Records that the writer of a class is alive.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:PendingClass {id: $class})
SET class.touched = datetime()
