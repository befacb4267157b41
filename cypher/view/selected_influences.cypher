// The edges of every attribution graph of a network, as [previous, channel] from layer to layer.
// params:  $network string (Network.name)
// returns: class, previous_layer, layer, edges
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class)
MATCH (previous:Channel)-[edge:SELECTED_INFLUENCE {class_id: class.id}]->(channel:Channel)
WITH network, class.name AS class, previous.layer AS previous_layer, channel.layer AS layer,
     collect([previous.index, channel.index]) AS edges
MATCH (network)-[:HAS_LAYER]->(level:Layer {name: layer})
RETURN class, previous_layer, layer, edges
ORDER BY class, level.position
