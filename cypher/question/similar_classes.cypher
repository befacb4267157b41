// The classes whose attribution graphs share the most channels with one class.
// params:  $class int (Class.id) · $limit int = 10
// returns: class, title, shared, jaccard
MATCH (class:Class {id: $class})-[:SELECTS]->(channel:Channel)
WITH class, collect(channel) AS channels
UNWIND channels AS channel
MATCH (other:Class)-[:SELECTS]->(channel)
WHERE other.id <> $class
WITH other, size(channels) AS own, count(channel) AS shared
WITH other, shared, own + COUNT { (other)-[:SELECTS]->(:Channel) } - shared AS either
RETURN other.name AS class, other.title AS title, shared, toFloat(shared) / either AS jaccard
ORDER BY jaccard DESC, class
LIMIT $limit
