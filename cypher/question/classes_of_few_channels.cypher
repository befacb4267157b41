// Classes by the share of the graph's score that its five strongest channels have.
// params:  $network string (Network.name) · $limit int = 20
// returns: class, title, channels, share_of_five
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)-[selects:SELECTS]->(:Channel)
WITH class, selects.pagerank AS score
ORDER BY score DESC
WITH class, collect(score) AS scores, sum(score) AS total
WHERE total > 0
RETURN class.name AS class, class.title AS title, size(scores) AS channels,
       reduce(sum = 0.0, score IN scores[..5] | sum + score) / total AS share_of_five
ORDER BY channels, share_of_five DESC, class
LIMIT $limit
