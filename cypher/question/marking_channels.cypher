// Channels specific to a class: top channels in a far larger share of its images than of all others.
// needs:   full counts, several classes
// params:  $network string (Network.name) · $class int (Class.id) · $limit int = 20
// returns: channel, count, share, share_elsewhere, lift
MATCH (network:Network {name: $network})-[:HAS_CLASS]->(class:Class {id: $class})
MATCH (class)-[activates:ACTIVATES]->(channel:Channel)
CALL (class, channel) {
  OPTIONAL MATCH (other:Class)-[elsewhere:ACTIVATES]->(channel)
  WHERE other.id <> class.id
  RETURN coalesce(sum(elsewhere.count), 0) AS images
}
WITH channel, activates.count AS count, toFloat(activates.count) / class.images AS share,
     toFloat(images) / (network.images - class.images) AS share_elsewhere
RETURN channel.layer + '/' + toString(channel.index) AS channel, count, share, share_elsewhere,
       CASE share_elsewhere WHEN 0.0 THEN null ELSE share / share_elsewhere END AS lift
ORDER BY share - share_elsewhere DESC, channel
LIMIT $limit
