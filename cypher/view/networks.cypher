// The networks in the database; widths are the names and channels of their layers, from the lowest up.
// params:  none
// returns: name, model, weights_sha256, dataset, parameters, created, images, classes, input, stops, weights, widths
MATCH (network:Network)
RETURN network.name AS name, network.model AS model, network.weights_sha256 AS weights_sha256,
       network.dataset AS dataset, network.parameters AS parameters, toString(network.created) AS created,
       network.images AS images, network.classes AS classes, network.input AS input,
       network.stops AS stops, network.weights AS weights,
       COLLECT { MATCH (network)-[:HAS_LAYER]->(layer:Layer)
                 RETURN [layer.name, layer.channels] ORDER BY layer.position } AS widths
ORDER BY name
