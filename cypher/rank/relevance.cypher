// What each channel does for a class's output, summed over its images; nothing where activations were counted.
// params:  $class int (Class.id)
// returns: node, relevance
MATCH (channel:Channel)-[contributes:CONTRIBUTES]->(:Class|PendingClass {id: $class})
RETURN id(channel) AS node, contributes.relevance AS relevance
ORDER BY node
