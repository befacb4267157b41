"""Motifs: the structures that recur in the attribution graphs of many classes (paper 8).

1.  A motif is a **chain** over 2 to 9 layers, a **fan-in** (two channels influence one), a **fan-out** (one
    influences two) or a **diamond** (one influences two that influence one). Edges join neighbouring layers
    only, so triangles cannot occur.
2.  Its *support* is the number of classes whose attribution graph holds all its edges.
3.  Null model: between each pair of neighbouring layers the edges of a class's graph are rewired so that
    every channel keeps its number of edges (``null_model``). That gives, for each class, the chance that it
    holds the motif all the same; layers are rewired independently, so the chances of its steps multiply.
4.  Under the null model the support is Poisson-binomial over the classes: its mean is ``expected``, its
    standardised excess ``z``, the chance of that support or more ``p`` (``significance``).
5.  ``q`` is Benjamini-Hochberg over every distinct motif of that shape and size that was observed, whatever
    is shown of them. A motif is in that family only because some class holds it, so q judges the chance of
    the support *given that it is not 0*: otherwise each of the very many motifs that pure noise throws up
    once would look like a find.
6.  Chains of more than three channels are too many to list (282 million of nine in the 900 published graphs),
    so they grow only from chains that reach ``min_support``; as no chain has more support than a part of it,
    none that reaches it is missed. For q, those that never grew count with p = 1, and the size of the family
    is bounded by the number of *occurrences*, which is counted without listing them. That can only make q
    larger, so a q below 5 % keeps its promise.
"""

from summit_graph.analysis.motifs.graph_set import GraphSet
from summit_graph.analysis.motifs.groups import Typical, typical_channels, typical_motifs
from summit_graph.analysis.motifs.mining import SHAPES, MinedMotifs, Motif, checked_size, mine_motifs

__all__ = [
    "SHAPES",
    "GraphSet",
    "MinedMotifs",
    "Motif",
    "Typical",
    "checked_size",
    "mine_motifs",
    "typical_channels",
    "typical_motifs",
]
