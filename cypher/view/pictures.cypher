// The folder of an imported network's pictures.
// params:  $network string (Network.name)
// returns: pictures
MATCH (network:Network {name: $network})
RETURN network.pictures AS pictures
ORDER BY pictures
