// A channel is identified by <network>/<layer>/<index>.
// params:  none
// returns: nothing
CREATE CONSTRAINT channel_id IF NOT EXISTS FOR (channel:Channel) REQUIRE channel.id IS UNIQUE
