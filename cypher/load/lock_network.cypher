// Locks a network until the transaction ends, so that one writer at a time counts its totals.
// params:  $network string (Network.name)
// returns: name
MATCH (network:Network {name: $network})
SET network.locked = true
REMOVE network.locked
RETURN network.name AS name
