// Waits until every index is online: without one, the planner scans the whole graph.
// params:  none
// returns: nothing
CALL db.awaitIndexes(600)
