// How many channels each branch of a layer contributes.
// params:  $network string (Network.name)
// returns: layer, branch, channels
MATCH (:Network {name: $network})-[:HAS_LAYER]->(level:Layer)-[:HAS_CHANNEL]->(channel:Channel)
WITH level, channel.branch AS branch, count(channel) AS channels, min(channel.index) AS first
RETURN level.name AS layer, branch, channels
ORDER BY level.position, first
