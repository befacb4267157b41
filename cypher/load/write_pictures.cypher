// Notes where the pictures of an imported network lie.
// params:  $network string (Network.name) · $pictures string
// returns: nothing
MATCH (network:Network {name: $network})
SET network.pictures = $pictures
