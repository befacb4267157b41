// Finds the edges of one class's attribution graph.
// params:  none
// returns: nothing
CREATE INDEX selected_influence_class IF NOT EXISTS FOR ()-[edge:SELECTED_INFLUENCE]-() ON (edge.class_id)
