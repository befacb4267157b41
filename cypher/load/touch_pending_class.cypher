// Shows that the writer of a class still lives.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:PendingClass {id: $class})
SET class.touched = datetime()
