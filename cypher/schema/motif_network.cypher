// Finds a network's motifs by network and shape.
// params:  none
// returns: nothing
CREATE INDEX motif_network IF NOT EXISTS FOR (motif:Motif) ON (motif.network, motif.shape)
