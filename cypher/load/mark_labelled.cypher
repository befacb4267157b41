// Stores when a network's channels were labelled, where their labels come from, and the number and newest id of the
// classes that they were made of.
// params:  $network string (Network.name) · $labelling map (sources, classes, newest, concepts)
// returns: nothing
MATCH (network:Network {name: $network})
SET network.label_sources = $labelling.sources, network.labelled_classes = $labelling.classes,
    network.labelled_newest = $labelling.newest, network.label_concepts = $labelling.concepts,
    network.labelled = datetime()
