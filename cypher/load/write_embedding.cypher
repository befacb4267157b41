// Stores the positions of classes in each layer's embedding, if the classes are still the ones embedded.
// params:  $rows list of [Class.id, map of embedding_<layer> to position]
// returns: written
UNWIND $rows AS row
MATCH (class:Class {id: row[0]})
SET class += row[1]
RETURN count(class) AS written
