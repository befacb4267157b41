// Locks a class until the transaction ends, so that one ranking at a time replaces the former one, and records what
// its graph is selected by; a report on the faithfulness of a graph that was selected by another score is dropped. No
// row if it or its network was removed, also if another network with the same name was created since.
// params:  $class int (Class.id) · $created string (Network.created) · $selected_by string
// returns: id
MATCH (class:Class|PendingClass {id: $class})
MATCH (network:Network {name: class.network})
WHERE toString(network.created) = $created
SET class.faithfulness = CASE coalesce(class.selected_by, 'pagerank') WHEN $selected_by THEN class.faithfulness END
SET class.selected_by = $selected_by
WITH class
WHERE class:Class OR class:PendingClass
RETURN class.id AS id
