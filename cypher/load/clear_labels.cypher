// Removes the labels of a network's channels.
// params:  $network string (Network.name)
// returns: nothing
MATCH (network:Network {name: $network})
REMOVE network.label_sources, network.labelled_classes, network.labelled_newest, network.label_concepts
WITH network
MATCH (network)-[:HAS_LAYER]->(:Layer)-[:HAS_CHANNEL]->(channel:Channel)
WHERE channel.label_source IS NOT NULL
REMOVE channel.label, channel.label_score, channel.label_source, channel.label_alternatives
