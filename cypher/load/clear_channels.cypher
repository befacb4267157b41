// Deletes one batch of a retired network's channels.
// params:  $network string (Network.name) · $limit int
// returns: deleted
MATCH (:RetiredNetwork {name: $network})-[:HAS_LAYER]->(:Layer)-[:HAS_CHANNEL]->(channel:Channel)
WITH channel LIMIT $limit
DETACH DELETE channel
RETURN count(*) AS deleted
