"""The null model: random graphs in which every channel keeps its degree.

Between two neighbouring layers, edges a-b and c-d are swapped for a-d and c-b if neither of these exists.
Many such swaps sample uniformly from all bipartite graphs with these degrees. Under the null model the
observed graph is one more sample, so a probability is (hits + 1 if observed) / (rewirings + 1): unbiased,
never 0 for an observed edge, and exactly 1 for edges that the degrees force. (The usual (hits + 1) /
(rewirings + 2) would treat forced edges as random, which over hundreds of classes adds up to a false
discovery.)
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from summit_graph.analysis.motifs.graph_set import Bools, GraphSet, join
from summit_graph.analysis.statistics import Floats, Ints

#: Attempted swaps per edge between two counted rewirings; about a third succeed.
SWAPS_PER_EDGE = 10


@dataclass(frozen=True)
class Edges:
    """Edges that a class's graph contains or may contain by chance: (rows,) arrays."""

    class_: Ints
    lower: Ints
    upper: Ints
    seen: Bools
    chance: Floats


@dataclass(frozen=True)
class Forks:
    """A channel with two channels of the layer above or below: (rows,) arrays; ``left`` < ``right``."""

    class_: Ints
    center: Ints
    left: Ints
    right: Ints
    seen: Bools
    chance: Floats


def count_edges(graphs: GraphSet, *, rewirings: int, seed: int) -> Edges:
    """All edges with a probability above 0."""
    blocks = _Blocks(graphs, graphs.lower, graphs.upper)
    hits, _ = blocks.count(rewirings=rewirings, seed=seed, forks=False)
    cell = np.flatnonzero(hits + blocks.seen)
    block, center, arm = blocks.places(cell)
    return Edges(
        class_=blocks.class_of[block],
        lower=blocks.center_at(block, center),
        upper=blocks.arm_at(block, arm),
        seen=blocks.seen[cell],
        chance=(hits[cell] + blocks.seen[cell]) / (rewirings + 1),
    )


def count_forks(graphs: GraphSet, *, upwards: bool, rewirings: int, seed: int) -> Forks:
    """All forks with a probability above 0; ``upwards``: the pair is above its center (a fan-out)."""
    centers, arms = (graphs.lower, graphs.upper) if upwards else (graphs.upper, graphs.lower)
    blocks = _Blocks(graphs, centers, arms)
    hits, fork_hits = blocks.count(rewirings=rewirings, seed=seed, forks=True)
    cell = np.flatnonzero(hits + blocks.seen)
    block, center, arm = blocks.places(cell)
    first, second = join(*(cell - arm,) * 2)  # cells of one center
    first, second = first[arm[first] < arm[second]], second[arm[first] < arm[second]]
    seen = blocks.seen[cell[first]] & blocks.seen[cell[second]]
    fork = blocks.fork_cells(block[first], center[first], arm[first], arm[second])
    both = (fork_hits[fork] if rewirings else 0) + seen
    kept, first, second = np.flatnonzero(both), first[both > 0], second[both > 0]
    return Forks(
        class_=blocks.class_of[block[first]],
        center=blocks.center_at(block[first], center[first]),
        left=blocks.arm_at(block[first], arm[first]),
        right=blocks.arm_at(block[first], arm[second]),
        seen=seen[kept],
        chance=both[kept] / (rewirings + 1),
    )


class _Blocks:
    """The edges in blocks, one per class and pair of layers, with channels numbered within a block."""

    def __init__(self, graphs: GraphSet, centers: Ints, arms: Ints) -> None:
        layer = graphs.layer_of[graphs.lower]
        order = np.lexsort((arms, centers, layer, graphs.edge_class))
        layers = int(layer.max(initial=0)) + 1
        place = graphs.edge_class[order] * layers + layer[order]
        places, self.first_edge, block = np.unique(place, return_index=True, return_inverse=True)
        self.names = graphs.classes
        self.class_of, self.pair_of = np.divmod(places, layers)
        self.centers, self.first_center, self.center = _numbered(block, centers[order], len(places))
        self.arms, self.first_arm, self.arm = _numbered(block, arms[order], len(places))
        self.center_count, self.arm_count = np.diff(self.first_center), np.diff(self.first_arm)
        self.first_edge = np.append(self.first_edge, len(order))
        self.first_cell = _starts(self.center_count * self.arm_count)
        self.first_fork = _starts(self.center_count * self.arm_count**2)
        self.seen = np.zeros(self.first_cell[-1], bool)
        self.seen[self.first_cell[block] + self.center * self.arm_count[block] + self.arm] = True

    def count(self, *, rewirings: int, seed: int, forks: bool) -> tuple[Ints, Ints]:
        """Number of rewirings in which each cell (center, arm) is an edge and (center, arm, arm) a fork."""
        hits = np.zeros(self.first_cell[-1], np.int64)
        fork_hits = np.zeros(self.first_fork[-1] if forks and rewirings else 0, np.int64)
        if rewirings and len(self.center):
            _kernel()(
                self.first_edge, self.center, self.arm, self.center_count, self.arm_count,
                self.first_cell, self.first_fork, self._seeds(seed), rewirings, hits, fork_hits,
            )  # fmt: skip
        return hits, fork_hits

    def places(self, cell: Ints) -> tuple[Ints, Ints, Ints]:
        """Block, center and arm of cells."""
        block = np.searchsorted(self.first_cell, cell, side="right") - 1
        center, arm = np.divmod(cell - self.first_cell[block], self.arm_count[block])
        return block, center, arm

    def fork_cells(self, block: Ints, center: Ints, left: Ints, right: Ints) -> Ints:
        arms = self.arm_count[block]
        return self.first_fork[block] + (center * arms + left) * arms + right

    def center_at(self, block: Ints, center: Ints) -> Ints:
        return self.centers[self.first_center[block] + center]

    def arm_at(self, block: Ints, arm: Ints) -> Ints:
        return self.arms[self.first_arm[block] + arm]

    def _seeds(self, seed: int) -> Any:
        """uint64 (blocks,) from class name and pair of layers: independent of the other classes."""
        names = np.array([zlib.crc32(f"{seed}/{self.names[at]}".encode()) for at in self.class_of], np.uint64)
        pair = self.pair_of.astype(np.uint64)
        four, name_end = np.uint64(4), np.uint64(36)
        # the name's 32 bits lie between the lowest 4 bits of the pair's number and its higher bits
        return (pair >> four) << name_end | names << four | pair & np.uint64(15)


def _numbered(block: Ints, channel: Ints, blocks: int) -> tuple[Ints, Ints, Ints]:
    """Distinct channels of all blocks, the first one of each block, and each entry's number in its block."""
    width = int(channel.max(initial=0)) + 1
    distinct, at = np.unique(block * width + channel, return_inverse=True)
    first = np.searchsorted(distinct, np.arange(blocks + 1) * width)
    return distinct % width, first, at - first[block]


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)])


@cache
def _kernel() -> Callable[..., None]:
    """The compiled loop; numba is imported only when needed."""
    import numba

    return numba.njit(cache=True, nogil=True)(_count_rewirings)


def _count_rewirings(  # type: ignore[no-untyped-def]  # numba infers the types
    first_edge, center, arm, center_count, arm_count,
    first_cell, first_fork, seeds, rewirings, hits, fork_hits,
):  # fmt: skip
    """Rewire each block and count its edges and forks in ``hits`` and ``fork_hits``."""
    for block in range(len(center_count)):
        start, edges = first_edge[block], first_edge[block + 1] - first_edge[block]
        centers, arms = center_count[block], arm_count[block]
        here, there = center[start : start + edges].copy(), arm[start : start + edges].copy()
        there_is = np.zeros((centers, arms), np.bool_)
        for edge in range(edges):
            there_is[here[edge], there[edge]] = True
        state = np.uint64(seeds[block])
        for _ in range(rewirings):
            for _ in range(SWAPS_PER_EDGE * edges):
                # splitmix64: one number has the bits of both draws
                state += np.uint64(0x9E3779B97F4A7C15)
                mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                mixed ^= mixed >> np.uint64(31)
                one = np.int64((mixed >> np.uint64(32)) * np.uint64(edges) >> np.uint64(32))
                two = np.int64((mixed & np.uint64(0xFFFFFFFF)) * np.uint64(edges) >> np.uint64(32))
                a, b, c, d = here[one], there[one], here[two], there[two]
                if a != c and b != d and not there_is[a, d] and not there_is[c, b]:
                    there_is[a, b] = there_is[c, d] = False
                    there_is[a, d] = there_is[c, b] = True
                    there[one], there[two] = d, b
            for edge in range(edges):
                a, b = here[edge], there[edge]
                hits[first_cell[block] + a * arms + b] += 1
                if len(fork_hits):
                    row = first_fork[block] + (a * arms + b) * arms
                    for other in range(b + 1, arms):
                        fork_hits[row + other] += there_is[a, other]
