// Classes that wait to be cleared away.
// params:  none
// returns: id
MATCH (class:RetiredClass)
RETURN class.id AS id
ORDER BY id
