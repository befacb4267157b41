// The classes most similar to one class in one layer, by the cosine of their rows of A.
// needs:   full counts, several classes
// params:  $class int (Class.id) · $layer string (Layer.name) = highest · $limit int = 10
// returns: class, title, cosine
MATCH (class:Class {id: $class})-[own:ACTIVATES]->(channel:Channel {layer: $layer})
WITH class, collect(channel) AS channels, collect(own.count) AS counts,
     sqrt(sum(toFloat(own.count) ^ 2)) AS length
UNWIND range(0, size(channels) - 1) AS at
WITH class, length, channels[at] AS channel, counts[at] AS count
MATCH (other:Class)-[theirs:ACTIVATES]->(channel)
WHERE other.id <> class.id
WITH length, other, sum(toFloat(count) * theirs.count) AS product
CALL (other) {
  MATCH (other)-[all:ACTIVATES]->(:Channel {layer: $layer})
  RETURN sqrt(sum(toFloat(all.count) ^ 2)) AS other_length
}
RETURN other.name AS class, other.title AS title, product / (length * other_length) AS cosine
ORDER BY cosine DESC, class
LIMIT $limit
