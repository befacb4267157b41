// Waits until every index answers: before that the planner walks the whole graph instead.
// params:  none
// returns: nothing
CALL db.awaitIndexes(600)
