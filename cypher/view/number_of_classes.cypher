// How many classes a network has, as its last writer counted them.
// params:  $network string (Network.name)
// returns: classes
MATCH (network:Network {name: $network})
RETURN network.classes AS classes
ORDER BY classes
