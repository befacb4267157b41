// Stores the folder of an imported network's pictures.
// params:  $network string (Network.name) · $pictures string
// returns: nothing
MATCH (network:Network {name: $network})
SET network.pictures = $pictures
