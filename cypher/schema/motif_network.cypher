// A network's motifs are found by its name and their shape.
// params:  none
// returns: nothing
CREATE INDEX motif_network IF NOT EXISTS FOR (motif:Motif) ON (motif.network, motif.shape)
