"""Motifs: structures that recur in the attribution graphs of many classes (paper 8).

1.  A motif is a **chain** over 2 or more layers, a **fan-in** (two channels influence one), a **fan-out**
    (one influences two) or a **diamond** (one influences two that influence one). Edges join neighbouring
    layers only, so triangles cannot occur.
2.  Its *support* is the number of classes whose attribution graph contains all its edges.
3.  Null model: between each pair of neighbouring layers, the edges of a class's graph are rewired at random
    such that every channel keeps its degree (``null_model``). This gives each class's probability of
    containing the motif by chance. Layers are rewired independently, so the probabilities of the motif's
    parts multiply.
4.  Under the null model, support has a Poisson-binomial distribution over the classes: ``expected`` is its
    mean, ``z`` the standardized excess, ``p`` the probability of this support or more (``significance``).
5.  ``q`` is Benjamini-Hochberg over all distinct motifs of this shape and size that were observed, shown or
    not. A motif is in this family only because some class contains it, so q uses the probability of the
    support *given that it is not 0*. Otherwise each of the very many motifs that occur once in pure noise
    would look like a discovery.
6.  Chains of more than three channels are too many to list (282 million of nine in the 900 published graphs),
    so they are extended only from chains that reach ``min_support``. A chain never has more support than a
    part of it, so none that reaches ``min_support`` is missed. For q, the chains that were not extended count
    as p = 1, and the size of the family is bounded by the number of *occurrences*, which is computed without
    listing them. This can only increase q, so the false discovery rate is still controlled.
"""

from summit_graph.analysis.motifs.graph_set import GraphSet
from summit_graph.analysis.motifs.groups import (
    InGroup,
    Typical,
    TypicalChannel,
    select_typical_channels,
    select_typical_motifs,
    typical_channels,
    typical_motifs,
)
from summit_graph.analysis.motifs.mining import SHAPES, MinedMotifs, Motif, checked_size, mine_motifs

__all__ = [
    "SHAPES",
    "GraphSet",
    "InGroup",
    "MinedMotifs",
    "Motif",
    "Typical",
    "TypicalChannel",
    "checked_size",
    "mine_motifs",
    "select_typical_channels",
    "select_typical_motifs",
    "typical_channels",
    "typical_motifs",
]
