// Finds one class's influences in the full network without walking the others'.
// params:  none
// returns: nothing
CREATE INDEX influences_class IF NOT EXISTS FOR ()-[influence:INFLUENCES]-() ON (influence.class_id)
