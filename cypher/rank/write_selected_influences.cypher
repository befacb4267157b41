// Writes the edges of a class's attribution graph: its influences with these internal relationship ids.
// params:  $class int (Class.id) · $rows list of int
// returns: nothing
UNWIND $rows AS row
MATCH (previous:Channel)-[influence:INFLUENCES]->(channel:Channel)
WHERE id(influence) = row AND influence.class_id = $class
CREATE (previous)-[edge:SELECTED_INFLUENCE]->(channel)
SET edge = properties(influence)
