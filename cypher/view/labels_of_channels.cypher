// The labels of some channels; label is null where no text describes the channel well.
// params:  $channels list of string (Channel.id)
// returns: layer, index, label, label_score, label_source, label_alternatives
MATCH (level:Layer)-[:HAS_CHANNEL]->(channel:Channel)
WHERE channel.id IN $channels AND channel.label_source IS NOT NULL
RETURN channel.layer AS layer, channel.index AS index, channel.label AS label, channel.label_score AS label_score,
       channel.label_source AS label_source, channel.label_alternatives AS label_alternatives
ORDER BY level.position, index
