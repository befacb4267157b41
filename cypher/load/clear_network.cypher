// Deletes a retired network and its layers, of which nothing else is left.
// params:  $network string (Network.name)
// returns: nothing
MATCH (network:RetiredNetwork {name: $network})
OPTIONAL MATCH (network)-[:HAS_LAYER]->(layer:Layer)
DETACH DELETE layer, network
