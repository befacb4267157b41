// Locks a network until the transaction ends, so that one writer at a time counts its totals; no row if the network
// was removed, also if another one of its name was created since.
// params:  $network string (Network.name) · $created string or null (Network.created; null: whichever has the name)
// returns: name
MATCH (network:Network {name: $network})
WHERE $created IS NULL OR toString(network.created) = $created
SET network.locked = true
REMOVE network.locked
RETURN network.name AS name
