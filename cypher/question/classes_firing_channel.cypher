// The classes in whose images a channel is most often a top channel, also if it is not in their graph.
// needs:   full counts
// params:  $channel string (Channel.id) · $limit int = 20
// returns: class, title, count, images, share
MATCH (class:Class)-[activates:ACTIVATES]->(:Channel {id: $channel})
RETURN class.name AS class, class.title AS title, activates.count AS count, class.images AS images,
       toFloat(activates.count) / class.images AS share
ORDER BY share DESC, class
LIMIT $limit
