// The path from a channel to the highest layer of a class's attribution graph whose weakest edge is strongest.
// Layer by layer, each channel keeps the $limit best paths for each weakest edge; other paths cannot be among the best.
// params:  $class int (Class.id) · $channel string (Channel.id) · $limit int = 5
// returns: path, weakest, total
MATCH (start:Channel {id: $channel})<-[:HAS_CHANNEL]-(own:Layer)<-[:HAS_LAYER]-(network:Network)
MATCH (network)-[:HAS_LAYER]->(layer:Layer)
WITH start, own.position AS lowest, max(layer.position) AS highest
WITH reduce(paths = [{tip: start, channels: [start], indices: [start.index], weakest: null, total: 0}],
            step IN range(lowest + 1, highest) | COLLECT {
  UNWIND paths AS path
  WITH path, path.tip AS tip
  MATCH (tip)-[edge:SELECTED_INFLUENCE {class_id: $class}]->(upper:Channel)
  WITH upper, CASE WHEN edge.count < path.weakest THEN edge.count ELSE coalesce(path.weakest, edge.count) END AS weakest,
       path.total + edge.count AS total, path.channels + [upper] AS channels, path.indices + [upper.index] AS indices
  ORDER BY total DESC, indices
  WITH upper, weakest, collect({
    tip: upper, channels: channels, indices: indices, weakest: weakest, total: total
  })[..$limit] AS best
  UNWIND best AS one
  RETURN one
}) AS paths
UNWIND paths AS found
WITH found
WHERE found.weakest IS NOT NULL
RETURN [channel IN found.channels | channel.layer + '/' + toString(channel.index)] AS path,
       found.weakest AS weakest, found.total AS total
ORDER BY weakest DESC, total DESC, found.indices
LIMIT $limit
