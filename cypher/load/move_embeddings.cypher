// Moves positions from properties embedding_<layer> of classes to PLACED relationships.
// params:  $classes list of int (Class.id) · $keys list of string · $nothing map (each key to null)
// returns: moved
MATCH (class:Class)
WHERE class.id IN $classes
CALL (class) {
  UNWIND $keys AS key
  WITH class, class[key] AS position, substring(key, size('embedding_')) AS name
  WHERE position IS NOT NULL
  MATCH (layer:Layer {network: class.network, name: name})
  MERGE (class)-[placed:PLACED]->(layer)
  SET placed.x = position[0], placed.y = position[1]
}
SET class += $nothing
RETURN count(class) AS moved
