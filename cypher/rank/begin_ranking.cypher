// Marks a class whose ranking is about to be replaced; nothing for a class that is being written.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:Class {id: $class})
SET class.ranking_since = datetime()
