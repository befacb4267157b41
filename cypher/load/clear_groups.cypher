// Deletes the groups of a network's channels, and what is stored of them on the network and its channels.
// params:  $network string (Network.name)
// returns: nothing
MATCH (network:Network {name: $network})
REMOVE network.group_method, network.grouped, network.grouped_classes, network.grouped_newest
WITH network
MATCH (network)-[:HAS_LAYER]->(:Layer)-[:HAS_CHANNEL]->(channel:Channel)
REMOVE channel.redundancy, channel.nearest
WITH DISTINCT $network AS name
MATCH (group:ChannelGroup {network: name})
DETACH DELETE group
