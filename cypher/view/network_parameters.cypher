// How a network was counted, as JSON text; null for an imported network.
// params:  $network string (Network.name)
// returns: parameters
MATCH (network:Network {name: $network})
RETURN network.parameters AS parameters
