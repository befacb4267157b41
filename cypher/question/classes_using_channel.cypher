// The classes whose attribution graph contains a channel.
// params:  $channel string (Channel.id) · $limit int = 100
// returns: class, title, count, images, pagerank
MATCH (class:Class)-[selects:SELECTS]->(:Channel {id: $channel})
RETURN class.name AS class, class.title AS title, selects.count AS count, class.images AS images,
       selects.pagerank AS pagerank
ORDER BY toFloat(count) / images DESC, class
LIMIT $limit
