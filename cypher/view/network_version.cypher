// A network's version: creation time, number of classes, newest class id, number of embedded classes, and when its
// channels were labelled and grouped.
// Also the classes that are being written, with their writer and the seconds since it last reported.
// params:  $network string (Network.name)
// returns: created, classes, newest, laid_out, labelled, grouped, coming
MATCH (network:Network {name: $network})
RETURN toString(network.created) AS created,
       COUNT { (network)-[:HAS_CLASS]->(:Class) } AS classes,
       coalesce(reduce(newest = 0, id IN COLLECT { MATCH (network)-[:HAS_CLASS]->(class:Class) RETURN class.id }
                       | CASE WHEN id > newest THEN id ELSE newest END), 0) AS newest,
       COUNT { (network)-[:HAS_CLASS]->(class:Class) WHERE EXISTS { (class)-[:PLACED]->(:Layer) } } AS laid_out,
       toString(network.labelled) AS labelled, toString(network.grouped) AS grouped,
       COLLECT { MATCH (class:PendingClass {network: $network})
                 RETURN {name: class.name, writer: class.writer,
                         idle: duration.inSeconds(class.touched, datetime()).seconds}
                 ORDER BY class.name } AS coming
ORDER BY classes
