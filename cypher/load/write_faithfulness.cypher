// Keeps a class's faithfulness report, unless the class was replaced meanwhile.
// params:  $class int (Class.id) · $report string (JSON)
// returns: id
MATCH (class:Class {id: $class})
SET class.faithfulness = $report
RETURN class.id AS id
