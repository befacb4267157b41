// The version of the graph's schema, if it is newer than 1.
// params:  none
// returns: version
MATCH (counter:Counter {name: 'schema'})
RETURN counter.value AS version
