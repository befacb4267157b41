// Finds one class's influences in the full network without scanning the others.
// params:  none
// returns: nothing
CREATE INDEX influences_class IF NOT EXISTS FOR ()-[influence:INFLUENCES]-() ON (influence.class_id)
