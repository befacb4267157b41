"""Motifs and channels typical of a group of classes: Fisher's exact test against the other classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from summit_graph.analysis.motifs.graph_set import GraphSet
from summit_graph.analysis.motifs.mining import MinedMotifs
from summit_graph.analysis.statistics import Floats, Ints, false_discovery_rates, fisher_upper_tail
from summit_graph.errors import UsageError


@dataclass(frozen=True)
class Typical:
    """How typical of a group each motif or channel is: (n,) arrays in the order of the motifs or channels.

    Attributes:
        inside, outside: int64, number of classes in the group, and outside, that contain it.
        odds_ratio: float64, odds of containing it in the group over the odds outside; inf if only classes of
            the group contain it, or all of them do; nan if it is undefined.
        p: float64, Fisher's exact test, one-sided: this many in the group or more, given the total.
        q: float64, Benjamini-Hochberg over all tests.
    """

    inside: Ints
    outside: Ints
    odds_ratio: Floats
    p: Floats
    q: Floats


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
        odds_ratio = (inside / (size - inside)) / (outside / (classes - size - outside))
    p = fisher_upper_tail(inside, support, size=size, total=classes)
    return Typical(inside, outside, odds_ratio, p, false_discovery_rates(p, tests=tests))


def _group(graphs: GraphSet, group: Iterable[str]) -> np.ndarray:
    """Whether each class belongs to the group, bool (classes,)."""
    names = set(group)
    missing = sorted(names - set(graphs.classes))
    if missing:
        raise UsageError(f"unknown class in the group: {missing[0]!r} is not one of the mined classes")
    if not names or len(names) == len(graphs.classes):
        raise UsageError("the group must be some of the classes, not none or all: the others are its control")
    return np.array([name in names for name in graphs.classes])
