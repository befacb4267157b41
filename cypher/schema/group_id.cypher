// A group of channels is identified by its network, layer and number.
// params:  none
// returns: nothing
CREATE CONSTRAINT group_id IF NOT EXISTS FOR (group:ChannelGroup) REQUIRE group.id IS UNIQUE
