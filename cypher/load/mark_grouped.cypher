// Stores how and when a network's channels were grouped, and the number and newest id of the classes then.
// params:  $network string (Network.name) · $method string · $classes int · $newest int
// returns: nothing
MATCH (network:Network {name: $network})
SET network.group_method = $method, network.grouped_classes = $classes, network.grouped_newest = $newest,
    network.grouped = datetime()
