// Finds a network's groups of channels by network and layer.
// params:  none
// returns: nothing
CREATE INDEX group_network IF NOT EXISTS FOR (group:ChannelGroup) ON (group.network, group.layer)
