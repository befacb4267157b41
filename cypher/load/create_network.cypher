// Creates a network with its layers; its channels follow.
// params:  $network map (name, model, weights_sha256, dataset, parameters, input, stops, weights) · $layers list of maps (name, position, channels, size)
// returns: nothing
CREATE (network:Network {
  name: $network.name,
  model: $network.model,
  weights_sha256: $network.weights_sha256,
  dataset: $network.dataset,
  parameters: $network.parameters,
  input: $network.input,
  stops: $network.stops,
  weights: $network.weights,
  created: datetime(),
  images: 0,
  classes: 0
})
WITH network
UNWIND $layers AS layer
CREATE (network)-[:HAS_LAYER]->(:Layer {
  network: network.name,
  name: layer.name,
  position: layer.position,
  channels: layer.channels,
  size: layer.size
})
