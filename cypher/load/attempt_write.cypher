// Checks whether the user may write; the transaction is rolled back.
// params:  none
// returns: nothing
CREATE (:Attempt)
