// The classes whose attribution graph contains a channel or for which it is a top channel.
// params:  $channel string (Channel.id)
// returns: class, title, images, count, pagerank
MATCH (channel:Channel {id: $channel})
MATCH (found:Class)-[of:ACTIVATES|SELECTS]->(channel)
WITH found.name AS class, found.title AS title, found.images AS images, max(of.count) AS count,
     max(of.pagerank) AS pagerank
RETURN class, title, images, count, pagerank
ORDER BY pagerank IS NULL, CASE WHEN images > 0 THEN toFloat(count) / images ELSE count END DESC, class
