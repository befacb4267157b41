"""Lists the motifs of a set of attribution graphs with their support and, on request, its significance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from summit_graph.analysis.motifs.graph_set import Bools, GraphSet, join
from summit_graph.analysis.motifs.null_model import Edges, Forks, count_edges, count_forks
from summit_graph.analysis.motifs.significance import Significance, measure_significance
from summit_graph.analysis.statistics import Floats, Ints, false_discovery_rates
from summit_graph.defaults import LOWEST_SUPPORT, REWIRINGS, SEED
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import Channel

#: Shape of a motif -> number of channels; for a chain, which has 2 or more, the default.
SHAPES = {"chain": 3, "fan-in": 3, "fan-out": 3, "diamond": 4}
#: Chains of up to this many channels are all listed; longer ones only if their parts reach the support.
LISTED_WHOLE = 3
#: Maximum number of occurrences at once, so that the arrays fit into a small machine's memory.
MOST_OCCURRENCES = 60_000_000


@dataclass(frozen=True, slots=True)
class Motif:
    """A structure and the classes that contain it; ``expected`` … ``q`` are None without a null model.

    Attributes:
        shape: ``chain``, ``fan-in``, ``fan-out`` or ``diamond``.
        channels: from the lowest layer up.
        classes: names of the classes that contain it, ascending; ``support`` is their number.
        expected, z, p, q: see the package; z is None too if the variance is 0.
    """

    shape: str
    channels: tuple[Channel, ...]
    support: int
    classes: tuple[str, ...]
    expected: float | None = None
    z: float | None = None
    p: float | None = None
    q: float | None = None


@dataclass(frozen=True)
class MinedMotifs:
    """All motifs of one shape and size, as arrays; ``select`` returns those to show.

    Attributes:
        vertices: int64 (motifs, size), channel numbers from the lowest layer up.
        support: int64 (motifs,), number of classes.
        occurrence_motif, occurrence_class: int64 (occurrences,), a motif and a class that contains it.
        tests: upper bound of the number of distinct motifs observed; exact if all are listed.
        significance, q: float64 (motifs,) arrays, None without a null model.
    """

    shape: str
    graphs: GraphSet
    vertices: Ints
    support: Ints
    occurrence_motif: Ints
    occurrence_class: Ints
    tests: int
    significance: Significance | None
    q: Floats | None

    def select(
        self,
        *,
        min_support: int = LOWEST_SUPPORT,
        layer: str | None = None,
        limit: int | None = None,
    ) -> list[Motif]:
        """The motifs in descending order of support, then by channels.

        Args:
            min_support: minimum number of classes.
            layer: only motifs with a channel in this layer.
            limit: maximum number of motifs.
        """
        order = self.order(min_support=min_support, layer=layer)[:limit]
        return self.records(order)

    def order(self, *, min_support: int, layer: str | None) -> Ints:
        """Numbers of the motifs to show, int64, in the order of ``select``."""
        chosen = self.support >= min_support
        if layer is not None:
            chosen &= (self.graphs.layer_of[self.vertices] == self.graphs.layers.index(layer)).any(axis=1)
        kept = np.flatnonzero(chosen)
        keys = [self.vertices[kept, column] for column in reversed(range(self.vertices.shape[1]))]
        return kept[np.lexsort([*keys, -self.support[kept]])]

    def records(self, numbers: Ints) -> list[Motif]:
        """The motifs with these numbers, int64 (n,)."""
        classes = self._classes_of(numbers)
        return [self._record(at, held) for at, held in zip(numbers.tolist(), classes, strict=True)]

    def _record(self, at: int, classes: Ints) -> Motif:
        return Motif(
            shape=self.shape,
            channels=tuple(self.graphs.channels[vertex] for vertex in self.vertices[at]),
            support=int(self.support[at]),
            classes=tuple(self.graphs.classes[held] for held in sorted(classes)),
            **self._statistics(at),
        )

    def _statistics(self, at: int) -> dict[str, Any]:
        if self.significance is None or self.q is None:
            return {}
        z = float(self.significance.z[at])
        return {
            "expected": float(self.significance.expected[at]),
            "z": None if np.isnan(z) else z,
            "p": float(self.significance.p[at]),
            "q": float(self.q[at]),
        }

    def _classes_of(self, motifs: Ints) -> Iterator[Ints]:
        order = np.argsort(self.occurrence_motif, kind="stable")
        ordered = self.occurrence_motif[order]
        starts = np.searchsorted(ordered, motifs, side="left")
        ends = np.searchsorted(ordered, motifs, side="right")
        for start, end in zip(starts, ends, strict=True):
            yield self.occurrence_class[order[start:end]]


def mine_motifs(
    graphs: GraphSet,
    *,
    shape: str = "chain",
    size: int | None = None,
    min_support: int = LOWEST_SUPPORT,
    rewirings: int = REWIRINGS,
    seed: int = SEED,
) -> MinedMotifs:
    """All motifs of one shape and size in the graphs.

    Args:
        shape: one of ``SHAPES``.
        size: channels of a chain, 2 to the number of layers (3 by default); other shapes have one size.
        min_support: chains of more than three channels are extended only from chains that reach it.
        rewirings: random graphs per class for the null model; 0 for no statistics.
        seed: seed of the null model.

    Raises:
        UsageError: unknown shape or size.
        SummitGraphError: too many motifs to list.
    """
    size = checked_size(shape, size, layers=len(graphs.layers))
    if rewirings < 0:
        raise UsageError(f"the number of rewirings must be 0 or more, not {rewirings}")
    tests = None
    if shape == "chain":
        edges = count_edges(graphs, rewirings=rewirings, seed=seed)
        found = _grow_chains(graphs, edges, size, min_support)
        tests = _count_chains(graphs, size) if size > LISTED_WHOLE else None
    elif shape == "diamond":
        below = count_forks(graphs, upwards=True, rewirings=rewirings, seed=seed)
        above = count_forks(graphs, upwards=False, rewirings=rewirings, seed=seed)
        found = _join_forks(graphs, below, above)
    else:
        forks = count_forks(graphs, upwards=shape == "fan-out", rewirings=rewirings, seed=seed)
        found = _forks(graphs, forks, shape)
    return _mined(graphs, shape, found, tests=tests, with_null_model=rewirings > 0)


def checked_size(shape: str, size: int | None, *, layers: int | None = None) -> int:
    """The number of channels, the shape's default for None.

    Args:
        layers: number of layers of the network, the longest chain; None if it is not known yet.

    Raises:
        UsageError: unknown shape, or a size that it cannot have.
    """
    if shape == "triangle":
        raise UsageError("there are no triangles: edges join neighbouring layers only")
    if shape not in SHAPES:
        raise UsageError(f"unknown motif shape {shape!r}: choose one of {', '.join(SHAPES)}")
    size = SHAPES[shape] if size is None else size
    if shape == "chain" and (size < 2 or (layers is not None and size > layers)):
        longest = "as many as the network has layers" if layers is None else layers
        raise UsageError(f"a chain has 2 to {longest} channels, not {size}")
    if shape != "chain" and size != SHAPES[shape]:
        raise UsageError(f"a {shape} has {SHAPES[shape]} channels, not {size}")
    return size


@dataclass(frozen=True)
class _Occurrences:
    """Motifs, and classes that contain them or may by chance: (rows,) arrays except ``vertices``."""

    vertices: Ints  # (motifs, size)
    motif: Ints
    class_: Ints
    seen: Bools
    chance: Floats

    def support(self) -> Ints:
        return np.bincount(self.motif[self.seen], minlength=len(self.vertices))

    def of_motifs(self, kept: Bools) -> _Occurrences:
        """Some of the motifs, renumbered."""
        rows = kept[self.motif]
        number = np.cumsum(kept) - 1
        return _Occurrences(
            self.vertices[kept],
            number[self.motif[rows]],
            self.class_[rows],
            self.seen[rows],
            self.chance[rows],
        )


def _first(
    graphs: GraphSet, columns: tuple[Ints, ...], class_: Ints, seen: Bools, chance: Floats
) -> _Occurrences:
    """Occurrences of motifs; ``columns`` has an array of channels per position in the motif."""
    width = len(graphs.channels)
    keys = np.zeros(len(class_), np.int64)
    for column in columns:
        keys = keys * width + column
    kept, motif, distinct = _seen_somewhere(keys, seen)
    vertices = np.stack([distinct // width**power % width for power in reversed(range(len(columns)))], axis=1)
    return _Occurrences(vertices, motif, class_[kept], seen[kept], chance[kept])


def _extended(
    graphs: GraphSet, former: _Occurrences, rows: Ints, vertex: Ints, seen: Bools, chance: Floats
) -> _Occurrences:
    """The occurrences ``rows`` of ``former``, extended by a channel with that step's seen and chance."""
    width = len(graphs.channels)
    both = former.seen[rows] & seen
    kept, motif, distinct = _seen_somewhere(former.motif[rows] * width + vertex, both)
    parent, last = np.divmod(distinct, width)
    return _Occurrences(
        vertices=np.column_stack([former.vertices[parent], last]),
        motif=motif,
        class_=former.class_[rows[kept]],
        seen=both[kept],
        chance=former.chance[rows[kept]] * chance[kept],
    )


def _seen_somewhere(keys: Ints, seen: Bools) -> tuple[Ints, Ints, Ints]:
    """Rows whose key is seen in some class, the number of each row's motif, and the distinct keys."""
    distinct = np.unique(keys[seen])
    if not len(distinct):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, distinct
    at = np.minimum(np.searchsorted(distinct, keys), len(distinct) - 1)
    kept = np.flatnonzero(distinct[at] == keys)
    return kept, at[kept], distinct


def _grow_chains(graphs: GraphSet, edges: Edges, size: int, min_support: int) -> _Occurrences:
    """Chains of ``size`` channels, extended layer by layer."""
    found = _first(graphs, (edges.lower, edges.upper), edges.class_, edges.seen, edges.chance)
    width = len(graphs.channels)
    starts = edges.class_ * width + edges.lower
    for length in range(3, size + 1):
        if length > LISTED_WHOLE:
            found = found.of_motifs(found.support() >= min_support)
        tips = found.class_ * width + found.vertices[found.motif, -1]
        rows, step = _bounded_join(tips, starts)
        found = _extended(graphs, found, rows, edges.upper[step], edges.seen[step], edges.chance[step])
    return found


def _bounded_join(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """``join``; SummitGraphError if the result would not fit into memory."""
    ordered = np.sort(right)
    sizes = np.searchsorted(ordered, left, side="right") - np.searchsorted(ordered, left, side="left")
    if sizes.sum() > MOST_OCCURRENCES:
        raise SummitGraphError(
            f"more than {MOST_OCCURRENCES // 1_000_000} million occurrences: "
            "raise the minimum support, or mine fewer classes"
        )
    return join(left, right)


def _count_chains(graphs: GraphSet, size: int) -> int:
    """Number of occurrences of chains of this size in all graphs, without listing them."""
    width = len(graphs.channels)
    below, above = graphs.edge_class * width + graphs.lower, graphs.edge_class * width + graphs.upper
    ending = np.zeros(len(graphs.classes) * width)
    ending[graphs.member_class * width + graphs.member] = 1
    for _ in range(size - 1):
        ending = np.bincount(above, ending[below], len(ending)).astype(np.float64)
    return int(ending.sum())


def _forks(graphs: GraphSet, forks: Forks, shape: str) -> _Occurrences:
    """Fan-ins (left, right, center) or fan-outs (center, left, right), from the lowest layer up."""
    pair = (forks.left, forks.right)
    columns = (forks.center, *pair) if shape == "fan-out" else (*pair, forks.center)
    return _first(graphs, columns, forks.class_, forks.seen, forks.chance)


def _join_forks(graphs: GraphSet, below: Forks, above: Forks) -> _Occurrences:
    """Diamonds: a fan-out and a fan-in of the same class with the same pair."""
    found = _forks(graphs, below, "fan-out")
    width = len(graphs.channels)
    left, right = found.vertices[found.motif, 1], found.vertices[found.motif, 2]
    pairs = (above.class_ * width + above.left) * width + above.right
    rows, step = _bounded_join((found.class_ * width + left) * width + right, pairs)
    return _extended(graphs, found, rows, above.center[step], above.seen[step], above.chance[step])


def _mined(
    graphs: GraphSet, shape: str, found: _Occurrences, *, tests: int | None, with_null_model: bool
) -> MinedMotifs:
    support = found.support()
    significance, q = None, None
    if with_null_model:
        significance = measure_significance(found.motif, found.chance, support)
        q = false_discovery_rates(significance.p_given_seen, tests=tests)
    return MinedMotifs(
        shape=shape,
        graphs=graphs,
        vertices=found.vertices,
        support=support,
        occurrence_motif=found.motif[found.seen],
        occurrence_class=found.class_[found.seen],
        tests=max(len(support), tests or 0),
        significance=significance,
        q=q,
    )
