"""How surprising a support is: the Poisson-binomial distribution, and false discoveries held down."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints


class Surprise(NamedTuple):
    """(motifs,) arrays.

    Attributes:
        expected: mean support under the null model.
        z: excess over it in standard deviations; nan where nothing is left to chance.
        p: chance of this support or more.
        p_given_seen: the same, given that the motif is seen at all.
    """

    expected: Floats
    z: Floats
    p: Floats
    p_given_seen: Floats


def measure_surprise(motif: Ints, chance: Floats, support: Ints) -> Surprise:
    """How surprising each support is.

    Args:
        motif: (rows,) number of a motif that some class may hold by chance.
        chance: (rows,) the class's chance of holding it; the classes are independent.
        support: (motifs,) the classes that do hold it.
    """
    expected = np.bincount(motif, chance, len(support)).astype(np.float64)  # an empty count is of integers
    variance = np.bincount(motif, chance * (1 - chance), len(support))
    spread = np.sqrt(variance)
    sure = variance < 1e-12
    z = np.where(sure, np.nan, (support - expected) / np.where(sure, 1, spread))
    order = np.argsort(motif, kind="stable")
    first = np.searchsorted(motif[order], np.arange(len(support) + 1))
    p = _tails()(chance[order], first, support)
    with np.errstate(divide="ignore"):
        unseen = np.bincount(motif, np.log1p(-chance), len(support))  # log of the chance of support 0
    return Surprise(expected, z, p, np.minimum(1.0, p / -np.expm1(unseen)))


def upper_tails(chance: Floats, first: Ints, support: Ints) -> Floats:
    """P(S >= support) for sums S of independent yes-or-no draws, summed up without cancellation.

    Args:
        chance: the draws' chances, motif after motif.
        first: (motifs + 1,) where each motif's begin.
        support: (motifs,)
    """
    result = np.empty(len(support))
    for at in range(len(support)):
        enough = support[at]
        held = np.zeros(enough + 1)  # held[k]: the chance of k so far; the last entry is "enough"
        held[0] = 1.0
        for draw in range(first[at], first[at + 1]):
            yes = chance[draw]
            if enough > 0:
                held[enough] += held[enough - 1] * yes
            for k in range(enough - 1, 0, -1):
                held[k] = held[k] * (1 - yes) + held[k - 1] * yes
            if enough > 0:
                held[0] *= 1 - yes
        result[at] = min(1.0, held[enough])
    return result


@cache
def _tails() -> Callable[[Floats, Ints, Ints], Floats]:
    import numba

    return numba.njit(cache=True, nogil=True)(upper_tails)
