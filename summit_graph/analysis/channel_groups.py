"""Groups of channels of one layer that do the same work (Park et al., "NeuroCartography", VAST 2021).

1.  Two channels are alike in three ways, each from 0 to 1: they fire for the same classes (the correlation of
    their rates over the classes, 0 if negative), as often (the sum of the smaller rates over that of the
    larger ones), and they read the same inputs (the correlation of the influences on them over the channels
    of the layer below). Their similarity is the geometric mean of the three; in the lowest layer, of the
    first two. So channels that are not alike in one way are not alike.
2.  Each channel is joined with the ``NEIGHBOURS`` most similar ones whose similarity is at least ``LEAST``.
3.  Groups are communities of that graph: Leiden's in the database (``ranking.channel_groups``), or Louvain's.

Channels that are top channels in fewer than ``FEWEST_IMAGES`` images are in no group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from summit_graph.records import Channel

#: How communities are found: Leiden in Graph Data Science, Louvain in this process.
Method = Literal["leiden", "louvain"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEIGHBOURS = 10
LEAST = 0.45
#: With fewer images, channels of one image seem alike.
FEWEST_IMAGES = 5
#: Of Leiden and Louvain: higher values give more and smaller groups.
RESOLUTION = 1.0
#: Keeps quotients finite where a channel never fires or reads nothing.
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Channels of one layer that do the same work.

    Attributes:
        number: from 1 on within the layer, the largest group first.
        similarity: the mean over the pairs of its channels.
    """

    layer: str
    number: int
    channels: tuple[Channel, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Redundancy:
    """How alike a channel is to the most similar one of its layer, 0 to 1."""

    channel: Channel
    nearest: Channel
    redundancy: float


@dataclass(frozen=True)
class Grouping:
    """The groups of a network's channels.

    Attributes:
        groups: from the lowest layer up, each layer's largest group first.
        redundancies: of the channels that are alike to any other, by layer and index.
    """

    method: Method
    groups: tuple[ChannelGroup, ...]
    redundancies: tuple[Redundancy, ...]


class Pairs(NamedTuple):
    """Similar channels of one layer.

    Attributes:
        channels: int64 (pairs, 2), indices of the channels, the lower one first.
        similarity: float64 (pairs,).
    """

    channels: Ints
    similarity: Floats


def similarities(rates: Floats, inputs: Floats | None, counts: Ints) -> Floats:
    """How alike the channels of a layer are, float64 (channels, channels), symmetric; 0 on the diagonal.

    Args:
        rates: float64 (classes, channels), the share of the class's images in which it is a top channel.
        inputs: float64 (channels, channels below), influences on the channels; None for the lowest layer.
        counts: int64 (channels,), images in which each is a top channel; too few give similarity 0.
    """
    parts = [_correlations(rates.T), _overlaps(rates)]
    if inputs is not None:
        parts.append(_correlations(inputs))
    mean = np.prod(parts, axis=0) ** (1 / len(parts))
    rare = counts < FEWEST_IMAGES
    mean[rare], mean[:, rare] = 0, 0
    np.fill_diagonal(mean, 0)
    return np.asarray(mean)


def _correlations(rows: Floats) -> Floats:
    """Correlations between rows, float64 (rows, rows); 0 where negative."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), TINY)
    return np.clip(unit @ unit.T, 0, 1)


def _overlaps(rates: Floats) -> Floats:
    """The sum of the smaller rates over that of the larger ones, float64 (channels, channels)."""
    sums = rates.sum(axis=0)
    smaller = np.zeros((len(sums), len(sums)))
    for row in rates:
        smaller += np.minimum.outer(row, row)
    return smaller / np.maximum(sums[:, None] + sums - smaller, TINY)  # min + max = sum of both


def similar_pairs(similarity: Floats, *, neighbours: int = NEIGHBOURS, least: float = LEAST) -> Pairs:
    """Each channel with its most similar ones.

    Args:
        similarity: as of ``similarities``.
    """
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :neighbours]
    channel = np.repeat(np.arange(len(similarity)), nearest.shape[1])
    both = np.sort(np.stack([channel, nearest.ravel()], axis=1), axis=1)
    pairs = np.unique(both[similarity[both[:, 0], both[:, 1]] >= least], axis=0)
    return Pairs(pairs, similarity[pairs[:, 0], pairs[:, 1]])


def find_louvain(pairs: Pairs, *, seed: int) -> list[list[int]]:
    """Louvain communities of the graph of pairs, each sorted; without GDS on the server."""
    import networkx

    graph: networkx.Graph[int] = networkx.Graph()
    for (one, two), weight in zip(pairs.channels.tolist(), pairs.similarity.tolist(), strict=True):
        graph.add_edge(one, two, weight=weight)
    found = networkx.community.louvain_communities(graph, resolution=RESOLUTION, seed=seed) if graph else []
    return [sorted(members) for members in found]


def make_groups(layer: str, similarity: Floats, communities: Sequence[Sequence[int]]) -> list[ChannelGroup]:
    """The groups of at least two channels, the largest first; ties by the lowest channel."""
    kept = sorted((sorted(one) for one in communities if len(one) > 1), key=lambda one: (-len(one), one[0]))
    return [
        ChannelGroup(layer, number, tuple(Channel(layer, at) for at in one), _cohesion(similarity, one))
        for number, one in enumerate(kept, 1)
    ]


def make_redundancies(layer: str, similarity: Floats) -> list[Redundancy]:
    """The most similar channel of each channel that is alike to any."""
    nearest = similarity.argmax(axis=1)
    return [
        Redundancy(Channel(layer, at), Channel(layer, int(near)), float(similarity[at, near]))
        for at, near in enumerate(nearest)
        if similarity[at, near] > 0
    ]


def _cohesion(similarity: Floats, members: Sequence[int]) -> float:
    """The mean similarity of the pairs of a group."""
    inside = similarity[np.ix_(members, members)]
    return float(inside.sum() / (len(members) * (len(members) - 1)))
