// A layer is unique within its network.
// params:  none
// returns: nothing
CREATE CONSTRAINT layer_name IF NOT EXISTS FOR (layer:Layer) REQUIRE (layer.network, layer.name) IS UNIQUE
