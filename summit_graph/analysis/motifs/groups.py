"""Motifs and channels typical of a group of classes: Fisher's exact test against the other classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from summit_graph.analysis.motifs.graph_set import GraphSet
from summit_graph.analysis.motifs.mining import MinedMotifs, Motif
from summit_graph.analysis.statistics import Floats, Ints, false_discovery_rates, fisher_upper_tail
from summit_graph.errors import UsageError
from summit_graph.records import Channel


class InGroup(NamedTuple):
    """How typical of a group one motif or channel is; the numbers of ``Typical``."""

    inside: int
    outside: int
    lift: float
    odds_ratio: float
    p: float
    q: float


class TypicalChannel(NamedTuple):
    """A channel, how typical of the group it is, and all classes that have it."""

    channel: Channel
    counts: InGroup
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Typical:
    """How typical of a group each motif or channel is: (n,) arrays in the order of the motifs or channels.

    Attributes:
        inside, outside: int64, number of classes in the group, and outside, that contain it.
        lift: float64, share of the group's classes that contain it over the share of the others; inf if only
            classes of the group contain it.
        odds_ratio: float64, odds of containing it in the group over the odds outside; inf if only classes of
            the group contain it, or all of them do; nan if it is undefined.
        p: float64, Fisher's exact test, one-sided: this many in the group or more, given the total.
        q: float64, Benjamini-Hochberg over all tests.
    """

    inside: Ints
    outside: Ints
    lift: Floats
    odds_ratio: Floats
    p: Floats
    q: Floats

    def counts_of(self, at: int) -> InGroup:
        """The numbers of one motif or channel."""
        inside, outside = int(self.inside[at]), int(self.outside[at])
        floats = (float(values[at]) for values in (self.lift, self.odds_ratio, self.p, self.q))
        return InGroup(inside, outside, *floats)

    def first(self, numbers: Ints, *, limit: int | None) -> list[int]:
        """Of these motifs or channels, int64 (n,), the most typical ones; ties keep their order."""
        return [int(at) for at in numbers[self.p[numbers].argsort(kind="stable")][:limit]]


def select_typical_motifs(
    mined: MinedMotifs,
    group: Sequence[str],
    *,
    min_support: int,
    layer: str | None = None,
    limit: int | None = None,
) -> list[tuple[Motif, InGroup]]:
    """The motifs by how typical of the group they are; options as ``MinedMotifs.select``.

    Raises:
        UsageError: as for ``typical_motifs``.
    """
    typical = typical_motifs(mined, group)
    chosen = typical.first(mined.order(min_support=min_support, layer=layer), limit=limit)
    motifs = mined.records(np.array(chosen, np.int64))
    return [(motif, typical.counts_of(at)) for at, motif in zip(chosen, motifs, strict=True)]


def select_typical_channels(
    graphs: GraphSet,
    group: Sequence[str],
    *,
    min_support: int,
    layer: str | None = None,
    limit: int | None = None,
) -> list[TypicalChannel]:
    """The channels by how typical of the group they are; options as ``MinedMotifs.select``.

    Raises:
        UsageError: as for ``typical_channels``.
    """
    typical = typical_channels(graphs, group)
    wanted = typical.inside + typical.outside >= min_support
    if layer is not None:
        wanted &= graphs.layer_of == graphs.layers.index(layer)
    chosen = typical.first(np.flatnonzero(wanted), limit=limit)
    return [TypicalChannel(graphs.channels[at], typical.counts_of(at), _holders(graphs, at)) for at in chosen]


def _holders(graphs: GraphSet, channel: int) -> tuple[str, ...]:
    return tuple(graphs.classes[at] for at in graphs.member_class[graphs.member == channel])


def typical_motifs(mined: MinedMotifs, group: Iterable[str]) -> Typical:
    """How typical of the group of classes each mined motif is.

    Raises:
        UsageError: a class is missing, or the group has no or all classes.
    """
    inside = _group(mined.graphs, group)[mined.occurrence_class]
    held = np.bincount(mined.occurrence_motif[inside], minlength=len(mined.support))
    return _typical(held, mined.support, mined.graphs, group, tests=mined.tests)


def typical_channels(graphs: GraphSet, group: Iterable[str]) -> Typical:
    """How typical of the group of classes each of ``graphs.channels`` is.

    Raises:
        UsageError: as for ``typical_motifs``.
    """
    inside = _group(graphs, group)[graphs.member_class]
    support = np.bincount(graphs.member, minlength=len(graphs.channels))
    held = np.bincount(graphs.member[inside], minlength=len(graphs.channels))
    return _typical(held, support, graphs, group, tests=len(support))


def _typical(inside: Ints, support: Ints, graphs: GraphSet, group: Iterable[str], *, tests: int) -> Typical:
    size, classes = int(_group(graphs, group).sum()), len(graphs.classes)
    outside = support - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = (inside / size) / (outside / (classes - size))
        odds_ratio = (inside / (size - inside)) / (outside / (classes - size - outside))
    p = fisher_upper_tail(inside, support, size=size, total=classes)
    return Typical(inside, outside, lift, odds_ratio, p, false_discovery_rates(p, tests=tests))


def _group(graphs: GraphSet, group: Iterable[str]) -> np.ndarray:
    """Whether each class belongs to the group, bool (classes,)."""
    names = set(group)
    missing = sorted(names - set(graphs.classes))
    if missing:
        raise UsageError(f"unknown class in the group: {missing[0]!r} is not one of the mined classes")
    if not names or len(names) == len(graphs.classes):
        raise UsageError("the group must be some of the classes, not none or all: the others are its control")
    return np.array([name in names for name in graphs.classes])
