// Marks a class whose ranking was replaced; nothing for a class that is being written.
// params:  $class int (Class.id)
// returns: nothing
MATCH (class:Class {id: $class})
SET class.ranked = datetime()
REMOVE class.ranking_since
