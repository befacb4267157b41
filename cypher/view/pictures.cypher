// Where the pictures of an imported network lie.
// params:  $network string (Network.name)
// returns: pictures
MATCH (network:Network {name: $network})
RETURN network.pictures AS pictures
ORDER BY pictures
