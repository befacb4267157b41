// A motif is identified by its network, shape and channels.
// params:  none
// returns: nothing
CREATE CONSTRAINT motif_id IF NOT EXISTS FOR (motif:Motif) REQUIRE motif.id IS UNIQUE
