"""Significance of a support: the Poisson-binomial distribution."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints


class Significance(NamedTuple):
    """float64 (motifs,) arrays.

    Attributes:
        expected: mean support under the null model.
        z: excess over it in standard deviations; nan if the variance is 0.
        p: probability of this support or more.
        p_given_seen: the same, given that the support is not 0.
    """

    expected: Floats
    z: Floats
    p: Floats
    p_given_seen: Floats


def measure_significance(motif: Ints, chance: Floats, support: Ints) -> Significance:
    """Significance of each motif's support.

    Args:
        motif: int64 (rows,), a motif that some class may contain by chance.
        chance: float64 (rows,), the class's probability of containing it; classes are independent.
        support: int64 (motifs,), number of classes that contain it.
    """
    # bincount of no rows returns integers
    expected = np.bincount(motif, chance, len(support)).astype(np.float64)
    variance = np.bincount(motif, chance * (1 - chance), len(support))
    spread = np.sqrt(variance)
    sure = variance < 1e-12
    z = np.where(sure, np.nan, (support - expected) / np.where(sure, 1, spread))
    order = np.argsort(motif, kind="stable")
    first = np.searchsorted(motif[order], np.arange(len(support) + 1))
    p = _tails()(chance[order], first, support)
    with np.errstate(divide="ignore"):
        unseen = np.bincount(motif, np.log1p(-chance), len(support))  # log of P(support = 0)
    return Significance(expected, z, p, np.minimum(1.0, p / -np.expm1(unseen)))


def upper_tails(chance: Floats, first: Ints, support: Ints) -> Floats:
    """P(S >= support) for sums S of independent Bernoulli variables, computed without cancellation.

    Args:
        chance: float64 (rows,), their probabilities, motif after motif.
        first: int64 (motifs + 1,), index of each motif's first row.
        support: int64 (motifs,).

    Returns:
        float64 (motifs,).
    """
    result = np.empty(len(support))
    for at in range(len(support)):
        enough = support[at]
        held = np.zeros(enough + 1)  # held[k] = P(k so far), held[enough] = P(enough or more)
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
