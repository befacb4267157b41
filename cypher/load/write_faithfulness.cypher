// Keeps a class's faithfulness report, unless the class was replaced or its channels were selected anew meanwhile.
// params:  $class int (Class.id) · $report string (JSON) · $selected_by string
// returns: id
MATCH (class:Class {id: $class})
WHERE coalesce(class.selected_by, 'pagerank') = $selected_by
SET class.faithfulness = $report
RETURN class.id AS id
