// Stores groups of channels.
// params:  $groups list of maps (properties, channels)
// returns: nothing
UNWIND $groups AS row
CREATE (group:ChannelGroup)
SET group = row.properties
WITH group, row
UNWIND row.channels AS id
MATCH (channel:Channel {id: id})
CREATE (channel)-[:IN_GROUP]->(group)
