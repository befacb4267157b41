"""Statistical tests: Fisher's exact test and the false discovery rate of many tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def fisher_upper_tail(inside: Ints, support: Ints, *, size: int | Ints, total: int) -> Floats:
    """Fisher's exact test, one-sided: the chance of so many hits in a random sample, or more.

    ``scipy.stats.fisher_exact`` takes one table at a time; this takes arrays.

    Args:
        inside: int64 (tests,), hits in the sample.
        support: int64 (tests,), hits in the population.
        size: the sample's size, one for all tests or int64 (tests,).
        total: the population's size.

    Returns:
        float64 (tests,), p.
    """
    from scipy.stats import hypergeom  # half a second to import

    rows = np.stack(np.broadcast_arrays(inside, support, size))
    (inside, support, size), at = np.unique(rows, axis=1, return_inverse=True)  # many tests are equal
    return np.asarray(np.minimum(hypergeom.sf(inside - 1, total, support, size), 1.0)[at], np.float64)


def false_discovery_rates(p: Floats, *, tests: int | None = None) -> Floats:
    """Benjamini-Hochberg: the smallest false discovery rate at which each test is a discovery.

    Args:
        p: float64 (tests,), p of the tests at hand.
        tests: number of all tests, if some are missing from ``p``; those count as p = 1.

    Returns:
        float64 (tests,), q.
    """
    from scipy.stats import false_discovery_control

    missing = max(tests or 0, len(p)) / max(1, len(p))
    return np.asarray(np.minimum(false_discovery_control(p) * missing, 1.0), np.float64)
