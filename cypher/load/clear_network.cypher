// Deletes a retired network and its layers once everything else of it is deleted.
// params:  $network string (Network.name)
// returns: nothing
MATCH (network:RetiredNetwork {name: $network})
OPTIONAL MATCH (network)-[:HAS_LAYER]->(layer:Layer)
DETACH DELETE layer, network
