// Retired classes that are not deleted yet.
// params:  none
// returns: id
MATCH (class:RetiredClass)
RETURN class.id AS id
ORDER BY id
