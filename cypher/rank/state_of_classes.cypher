// The state of several classes: how many there are, the newest one's id, when one was last ranked again, and whether one
// is being ranked, or was so at a kill within the last minute. Null means all networks, or all of their classes.
// params:  $networks list of string (Network.name) · $classes list of any (Class.id or Class.name)
// returns: classes, newest, ranked, being_ranked
MATCH (class:Class)
WHERE ($networks IS NULL OR class.network IN $networks)
  AND ($classes IS NULL OR class.id IN $classes OR class.name IN $classes)
RETURN count(class) AS classes, max(class.id) AS newest, toString(max(class.ranked)) AS ranked,
       max(CASE WHEN duration.inSeconds(class.ranking_since, datetime()).seconds < 60 THEN 1 ELSE 0 END) = 1
         AS being_ranked
ORDER BY classes
