// The classes whose attribution graph contains a channel; images is null where the number is unknown.
// params:  $channel string (Channel.id) · $limit int = 100
// returns: class, title, count, images, pagerank
MATCH (class:Class)-[selects:SELECTS]->(:Channel {id: $channel})
WITH class, selects, nullIf(class.images, 0) AS images
RETURN class.name AS class, class.title AS title, selects.count AS count, images,
       selects.pagerank AS pagerank
ORDER BY coalesce(toFloat(count) / images, count) DESC, class
LIMIT $limit
