// The positions of the classes in each layer's embedding; null where they were not embedded.
// params:  $network string (Network.name) · $layers list of string (Layer.name) = all
// returns: class, positions
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
CALL (class) {
  OPTIONAL MATCH (class)-[placed:PLACED]->(layer:Layer)
  RETURN collect([layer.name, [placed.x, placed.y]]) AS places
}
RETURN class.name AS class, [layer IN $layers | head([place IN places WHERE place[0] = layer | place[1]])] AS positions
ORDER BY class
