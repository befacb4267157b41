// The labels of a network's channels; label is null where no text describes the channel well.
// params:  $network string (Network.name) · $layer string (Layer.name) = all
// returns: layer, index, label, label_score, label_source, label_alternatives
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)-[:HAS_CHANNEL]->(channel:Channel)
WHERE channel.label_source IS NOT NULL AND ($layer IS NULL OR level.name = $layer)
RETURN channel.layer AS layer, channel.index AS index, channel.label AS label, channel.label_score AS label_score,
       channel.label_source AS label_source, channel.label_alternatives AS label_alternatives
ORDER BY level.position, index
