// Deletes a retired class of which nothing is left but its node.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:RetiredClass)
WHERE class.id = $class
DELETE class
