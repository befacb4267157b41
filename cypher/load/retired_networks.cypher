// Networks that wait to be cleared away.
// params:  none
// returns: name
MATCH (network:RetiredNetwork)
RETURN network.name AS name
ORDER BY name
