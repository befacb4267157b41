"""Motifs and channels that are typical of a set of classes: Fisher's exact test against the rest."""

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
    """How typical of a group each motif or channel is: (motifs,) arrays, whatever the order there.

    Attributes:
        inside, outside: number of classes of the group, and of the others, that hold it.
        odds_ratio: odds of holding it in the group over the odds outside; inf where all that hold it are
            in the group or the whole group holds it, nan where no odds can be told.
        p: Fisher's exact test, one-sided: as many inside or more, given how many classes hold it.
        q: Benjamini-Hochberg over all of them.
    """

    inside: Ints
    outside: Ints
    odds_ratio: Floats
    p: Floats
    q: Floats


def typical_motifs(mined: MinedMotifs, group: Iterable[str]) -> Typical:
    """How typical of the named classes each mined motif is.

    Raises:
        UsageError: a class is not there, or the group is empty or everything.
    """
    inside = _group(mined.graphs, group)[mined.occurrence_class]
    held = np.bincount(mined.occurrence_motif[inside], minlength=len(mined.support))
    return _typical(held, mined.support, mined.graphs, group, tests=mined.tests)


def typical_channels(graphs: GraphSet, group: Iterable[str]) -> Typical:
    """How typical of the named classes each of ``graphs.channels`` is.

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
    """(classes,) whether each class belongs to the group."""
    names = set(group)
    missing = sorted(names - set(graphs.classes))
    if missing:
        raise UsageError(f"class {missing[0]!r} of the group is not among the classes looked at")
    if not names or len(names) == len(graphs.classes):
        raise UsageError("a group is some of the classes, not none and not all: there must be a rest")
    return np.array([name in names for name in graphs.classes])
