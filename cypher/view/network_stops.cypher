// What the channels between a network's layers read, as JSON; null if it is not recorded.
// params:  $network string (Network.name)
// returns: stops
MATCH (network:Network {name: $network})
RETURN network.stops AS stops
ORDER BY stops
