"""Personalized PageRank of a class's channels, without a database (paper 5.3).

1.  Influences are undirected edges between channels, weighted by their counts.
2.  A channel's source weight is its activation count over the largest of its layer; 0 if that is 0.
3.  The scores are the fixed point of x = (1 - damping) · sources + damping · W x, where each channel passes
    its score on in proportion to its edges' weights. They are scaled to sum 1.

``ranking.pagerank`` computes the same in the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DAMPING = 0.85
#: Relative to the largest score; 0.85^n is below it after about 170 iterations.
TOLERANCE = 1e-12
MOST_ITERATIONS = 1000


def source_weights(counts: Sequence[npt.NDArray[Any]]) -> Floats:
    """Each channel's count over the largest of its layer, float64 (channels,).

    Args:
        counts: (channels of the layer,) per layer.
    """
    return np.concatenate([layer / max(1, layer.max()) for layer in counts])


def page_rank(
    pairs: npt.NDArray[np.int64], weights: npt.NDArray[Any], sources: Floats, *, damping: float = DAMPING
) -> Floats:
    """Scores of all channels, float64 (channels,), sum 1.

    Args:
        pairs: (influences, 2), the channels that each influence connects.
        weights: (influences,), their counts.
        sources: (channels,), the personalization; one at least is above 0.
        damping: the share of a channel's score that it passes on.
    """
    from scipy import sparse  # ranking in the database needs only the constants above

    ends = np.concatenate([pairs, pairs[:, ::-1]])
    both = np.concatenate([weights, weights]).astype(np.float64)
    edges = sparse.coo_array((both, (ends[:, 0], ends[:, 1])), shape=(len(sources),) * 2).tocsr()
    degrees = edges.sum(axis=0)
    passed = edges @ sparse.diags_array(1 / np.maximum(degrees, 1e-300) * (degrees > 0))
    scores = sources
    for _ in range(MOST_ITERATIONS):
        before, scores = scores, (1 - damping) * sources + damping * (passed @ scores)
        if np.abs(scores - before).max() <= TOLERANCE * scores.max():
            break
    found: Floats = scores / scores.sum()
    return found
