"""Selection of the channels of a class's attribution graph (paper 5.3).

1.  In each layer select channels in descending order of PageRank until their cumulative share of the layer's
    score reaches the layer's threshold, initially 7.5 %. Scores equal to 9 significant digits are ties and
    go to the lower index; channels with score 0 are never selected.
2.  A pair of neighbouring layers *fails* if no influence connects a selected channel of one to a selected
    channel of the other.
3.  Each failing pair raises the thresholds of both its layers by 0.5 points (by 1 for a layer between two
    failing pairs), and the selection is repeated.
4.  A layer stops at 100 % or when all channels with score > 0 are selected. The loop ends when no failing
    pair can be raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

#: Thresholds are in half points: initially 7.5 %, as in the authors' released notebooks.
FIRST_THRESHOLD = 15
FULL_THRESHOLD = 200
_SIGNIFICANT_DIGITS = 9

Indices = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


class Selection(NamedTuple):
    """Selected channels of each layer, int64 and ascending, and final thresholds in half points."""

    channels: list[Indices]
    thresholds: list[int]


def positive_relevance(summed: Scores, included: npt.NDArray[np.bool_]) -> Scores:
    """What channels are selected by in the place of PageRank where ``--select relevance`` is given.

    Args:
        summed: float64 (channels,), each channel's relevance, summed over the images.
        included: bool (channels,), False for excluded channels.

    Returns:
        The sums; 0 where they are negative, and for excluded channels.
    """
    return np.where(included, np.maximum(summed, 0), 0)


class RankedLayer:
    """One layer's channels in descending order of score, with cumulative scores.

    Attributes:
        order: int64 (channels of score > 0,), channel indices.
        cumulated: float64, the same shape, cumulative scores.
    """

    def __init__(self, scores: Scores) -> None:
        positive = np.flatnonzero(scores > 0)
        rounded = round_to_significant_digits(scores[positive])
        self.order = positive[np.lexsort((positive, -rounded))]
        self.cumulated = np.cumsum(scores[self.order])

    def taken(self, threshold: int) -> int:
        """Number of channels needed to reach ``threshold`` half points."""
        if not len(self.order):
            return 0
        wanted = self.cumulated[-1] * threshold / FULL_THRESHOLD
        return min(int(np.searchsorted(self.cumulated, wanted, side="left")) + 1, len(self.order))

    def top(self, threshold: int) -> Indices:
        """The channels needed to reach ``threshold`` half points, int64, ascending."""
        return np.sort(self.order[: self.taken(threshold)])

    def can_rise(self, threshold: int) -> bool:
        """Whether a higher threshold can select more channels."""
        return threshold < FULL_THRESHOLD and self.taken(threshold) < len(self.order)


def round_to_significant_digits(values: Scores) -> Scores:
    """Positive float64 values rounded to 9 significant digits, in the same shape."""
    exponents = np.floor(np.log10(np.maximum(values, 1e-290)))  # smaller values would overflow the scale
    scale = 10.0 ** (_SIGNIFICANT_DIGITS - 1 - exponents)
    return np.round(values * scale) / scale


def select_channels(
    scores: Sequence[Scores], influences: Sequence[Indices], *, ceiling: int = FULL_THRESHOLD
) -> Selection | None:
    """Select each layer's channels (paper 5.3).

    Args:
        scores: per layer from the lowest up, float64 (channels,), PageRank (0 for excluded channels).
        influences: per pair of neighbouring layers, int64 (influences, 2) of [previous, channel].
        ceiling: threshold in half points up to which ``influences`` is complete.

    Returns:
        The selection; None if a threshold would exceed ``ceiling``.
    """
    layers = [RankedLayer(layer) for layer in scores]
    thresholds = [FIRST_THRESHOLD] * len(layers)
    while True:
        channels = [layer.top(threshold) for layer, threshold in zip(layers, thresholds, strict=True)]
        raised = _raise_failing(layers, thresholds, _failing_pairs(channels, influences))
        if raised == thresholds:
            return Selection(channels, thresholds)
        if max(raised) > ceiling:
            return None
        thresholds = raised


def _failing_pairs(channels: Sequence[Indices], influences: Sequence[Indices]) -> list[int]:
    """Indices of failing pairs; pair ``at`` is layers ``at`` and ``at + 1``."""
    return [
        at
        for at, pair in enumerate(influences)
        if not (np.isin(pair[:, 0], channels[at]) & np.isin(pair[:, 1], channels[at + 1])).any()
    ]


def _raise_failing(layers: Sequence[RankedLayer], thresholds: list[int], failing: list[int]) -> list[int]:
    raised = list(thresholds)
    for pair in failing:
        for at in (pair, pair + 1):
            if layers[at].can_rise(thresholds[at]):
                raised[at] = min(raised[at] + 1, FULL_THRESHOLD)
    return raised
