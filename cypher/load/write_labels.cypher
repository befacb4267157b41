// Stores labels of channels; a channel that no text describes well has a null label.
// params:  $labels list of maps (id, label, score, source, alternatives)
// returns: nothing
UNWIND $labels AS row
MATCH (channel:Channel {id: row.id})
SET channel.label = row.label, channel.label_score = row.score, channel.label_source = row.source,
    channel.label_alternatives = row.alternatives
