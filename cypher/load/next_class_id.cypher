// Takes the next class id; the counter stays locked until the transaction ends.
// params:  none
// returns: id
MERGE (counter:Counter {name: 'class'})
ON CREATE SET counter.value = 0
SET counter.locked = true
WITH counter
SET counter.value = counter.value + 1
RETURN counter.value AS id
