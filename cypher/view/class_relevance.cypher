// What each channel does for a class's output, summed over its images; nothing where activations were counted.
// params:  $class int (Class.id)
// returns: layer, channel, relevance
MATCH (channel:Channel)-[contributes:CONTRIBUTES]->(:Class {id: $class})
RETURN channel.layer AS layer, channel.index AS channel, contributes.relevance AS relevance
ORDER BY layer, channel
