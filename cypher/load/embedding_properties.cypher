// Classes whose positions are properties embedding_<layer>, as in older versions, and the names of these properties.
// params:  $limit int
// returns: class, keys
MATCH (class:Class)
WITH class, [key IN keys(class) WHERE key STARTS WITH 'embedding_'] AS keys
WHERE size(keys) > 0
RETURN class.id AS class, keys
LIMIT $limit
