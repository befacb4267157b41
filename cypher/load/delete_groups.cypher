// Deletes one batch of a network's groups of channels.
// params:  $network string (Network.name) · $limit int
// returns: deleted
MATCH (group:ChannelGroup {network: $network})
WITH group LIMIT $limit
DETACH DELETE group
RETURN count(*) AS deleted
