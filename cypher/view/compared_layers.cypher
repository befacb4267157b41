// Per layer, the share of the classes' selected channels that all of them select (Jaccard index).
// params:  $network string (Network.name) · $classes list of int (Class.id)
// returns: layer, jaccard
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)
OPTIONAL MATCH (level)-[:HAS_CHANNEL]->(channel:Channel)<-[:SELECTS]-(class:Class)
WHERE class.id IN $classes
WITH level, channel, count(class) AS held
WITH level, sum(CASE held WHEN size($classes) THEN 1 ELSE 0 END) AS shared,
     sum(CASE WHEN held > 0 THEN 1 ELSE 0 END) AS union
RETURN level.name AS layer, CASE union WHEN 0 THEN null ELSE toFloat(shared) / union END AS jaccard
ORDER BY level.position
