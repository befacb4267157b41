// Chains of three channels that the most attribution graphs share, with the middle channel in one layer.
// params:  $network string (Network.name) · $layer string (Layer.name) = third · $limit int = 20
// returns: channels, classes
MATCH (:Network {name: $network})-[:HAS_LAYER]->(:Layer {name: $layer})-[:HAS_CHANNEL]->(middle:Channel)
MATCH (low:Channel)-[below:SELECTED_INFLUENCE]->(middle)-[above:SELECTED_INFLUENCE]->(high:Channel)
WHERE below.class_id = above.class_id AND EXISTS { (:Class {id: below.class_id}) }
WITH low, middle, high, count(*) AS classes
RETURN [one IN [low, middle, high] | one.layer + '/' + toString(one.index)] AS channels, classes
ORDER BY classes DESC, low.index, middle.index, high.index
LIMIT $limit
