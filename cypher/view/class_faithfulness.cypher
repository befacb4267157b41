// A class's faithfulness report, if it has one.
// params:  $class int (Class.id)
// returns: report
MATCH (class:Class {id: $class})
RETURN class.faithfulness AS report
