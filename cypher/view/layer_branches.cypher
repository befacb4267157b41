// How many channels each branch of a layer contributes.
// params:  $network string (Network.name)
// returns: layer, branch, channels
MATCH (:Network {name: $network})-[:HAS_LAYER]->(layer:Layer)-[:HAS_CHANNEL]->(channel:Channel)
RETURN layer.name AS layer, channel.branch AS branch, count(channel) AS channels
ORDER BY layer.position, min(channel.index)
