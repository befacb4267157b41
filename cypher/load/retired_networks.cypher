// Retired networks that are not deleted yet.
// params:  none
// returns: name
MATCH (network:RetiredNetwork)
RETURN network.name AS name
ORDER BY name
