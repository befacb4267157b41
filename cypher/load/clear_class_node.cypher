// Deletes a retired class's node once all its relationships are deleted.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:RetiredClass)
WHERE class.id = $class
DELETE class
