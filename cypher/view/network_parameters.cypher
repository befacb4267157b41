// How a network was counted, as JSON text (null for an imported network), and in what model.
// params:  $network string (Network.name)
// returns: parameters, model, weights_sha256
MATCH (network:Network {name: $network})
RETURN network.parameters AS parameters, network.model AS model, network.weights_sha256 AS weights_sha256
