// Stores where classes lie, layer by layer, if they are still the ones that were laid out.
// params:  $rows list of [Class.id, map of embedding_<layer> to position]
// returns: written
UNWIND $rows AS row
MATCH (class:Class {id: row[0]})
SET class += row[1]
RETURN count(class) AS written
