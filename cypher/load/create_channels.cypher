// Adds channels to a network's layer.
// params:  $network string (Network.name) · $layer string · $channels list of maps (index, branch)
// returns: nothing
MATCH (layer:Layer {network: $network, name: $layer})
UNWIND $channels AS channel
CREATE (layer)-[:HAS_CHANNEL]->(:Channel {
  id: $network + '/' + $layer + '/' + toString(channel.index),
  network: $network,
  layer: $layer,
  index: channel.index,
  branch: channel.branch
})
