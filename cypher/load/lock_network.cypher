// Holds a network until the transaction ends, so that its totals are counted by one writer at a time.
// params:  $network string (Network.name)
// returns: name
MATCH (network:Network {name: $network})
SET network.locked = true
REMOVE network.locked
RETURN network.name AS name
