// Deletes one batch of the relationships of a retired class's node.
// params:  $class int (Class.id) · $limit int
// returns: deleted
MATCH (class:RetiredClass)-[relationship]-()
WHERE class.id = $class
WITH relationship LIMIT $limit
DELETE relationship
RETURN count(*) AS deleted
