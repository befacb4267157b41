// All classes of the database, with their ids.
// params:  none
// returns: network, name, id
MATCH (class:Class)
RETURN class.network AS network, class.name AS name, class.id AS id
ORDER BY id
