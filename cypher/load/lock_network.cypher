// Locks a network until the transaction ends, so that one writer at a time updates its totals. No row if the network
// was removed, also if another one with the same name was created since.
// params:  $network string (Network.name) · $created string or null (Network.created; null: any network with the name)
// returns: name
MATCH (network:Network {name: $network})
WHERE $created IS NULL OR toString(network.created) = $created
SET network.locked = true
REMOVE network.locked
RETURN network.name AS name
