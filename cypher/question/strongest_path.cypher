// The path from a channel to the top of a class's attribution graph whose weakest edge is strongest.
// params:  $class int (Class.id) · $channel string (Channel.id) · $limit int = 5
// returns: path, weakest, total
MATCH (class:Class {id: $class})
MATCH path = (start:Channel {id: $channel})
  (()-[edges:SELECTED_INFLUENCE WHERE edges.class_id = $class]->()){1,8}
  (top:Channel {layer: 'mixed5b'})
WITH [channel IN nodes(path) | channel.layer + '/' + toString(channel.index)] AS path,
     [edge IN edges | edge.count] AS counts
RETURN path, reduce(least = head(counts), count IN counts | CASE WHEN count < least THEN count ELSE least END) AS weakest,
       reduce(sum = 0, count IN counts | sum + count) AS total
ORDER BY weakest DESC, total DESC, path
LIMIT $limit
