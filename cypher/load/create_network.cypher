// Creates a network with its layers; its channels follow.
// params:  $network map (name, model, weights_sha256, dataset, parameters, input) · $layers list of maps (name, position, channels)
// returns: nothing
CREATE (network:Network {
  name: $network.name,
  model: $network.model,
  weights_sha256: $network.weights_sha256,
  dataset: $network.dataset,
  parameters: $network.parameters,
  input: $network.input,
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
  channels: layer.channels
})
