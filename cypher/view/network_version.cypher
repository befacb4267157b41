// What changes when a network does: how many classes, the newest id among them, who is being written.
// params:  $network string (Network.name)
// returns: classes, newest, coming
MATCH (network:Network {name: $network})
RETURN COUNT { (network)-[:HAS_CLASS]->(:Class) } AS classes,
       coalesce(reduce(newest = 0, id IN COLLECT { MATCH (network)-[:HAS_CLASS]->(class:Class) RETURN class.id }
                       | CASE WHEN id > newest THEN id ELSE newest END), 0) AS newest,
       COLLECT { MATCH (class:PendingClass {network: $network}) RETURN class.name ORDER BY class.name } AS coming
ORDER BY classes
