// Stores how alike channels are to the most similar one of their layer.
// params:  $channels list of maps (id, nearest, redundancy)
// returns: nothing
UNWIND $channels AS row
MATCH (channel:Channel {id: row.id})
SET channel.redundancy = row.redundancy, channel.nearest = row.nearest
