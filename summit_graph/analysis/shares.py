"""Shares of a class's log-odds, their intervals over resampled images, and areas under curves of them.

m is the mean over images of the log-odds of the class's output. With m(all) nothing is replaced, with m(none)
everything is. The share that is kept is (m - m(none)) / (m(all) - m(none)), the share that is lost 1 less it.
Intervals are the 2.5 % and 97.5 % quantiles over resampled images; resamples in which m(all) is not above
m(none) are left out of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The share of the log-odds that a sufficient set keeps.
ENOUGH = 0.8
RESAMPLES = 1000


def area(shares: Sequence[float], values: Floats) -> Floats:
    """The area under curves (shares, …) over k from 0 to 1; at 0 they have the first row's value.

    Args:
        shares: k in percent, ascending, the first one 0.
        values: one row per share.
    """
    x = np.asarray(shares) / 100
    widths = np.diff(x).reshape(-1, *[1] * (values.ndim - 1))
    found: Floats = (widths * (values[1:] + values[:-1]) / 2).sum(0)
    return found


def share_for(shares: Sequence[float], values: Floats, wanted: float = ENOUGH) -> float | None:
    """The k in percent at which a curve first reaches a value, interpolated; None if it does not."""
    reached = np.flatnonzero(values >= wanted)
    if not len(reached):
        return None
    at = int(reached[0])
    if at == 0:
        return float(shares[0])
    low, high = values[at - 1], values[at]
    return float(shares[at - 1] + (shares[at] - shares[at - 1]) * (wanted - low) / (high - low))


def interval(values: Floats) -> list[float] | None:
    """[value, low, high]; the first of the values is that of all images, the others of resamples."""
    if not np.isfinite(values[0]):
        return None
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite[1:], [0.025, 0.975]) if len(finite) > 1 else (finite[0], finite[0])
    return [float(values[0]), float(low), float(high)]


@dataclass(frozen=True, eq=False)
class Scale:
    """Turns log-odds of images into shares of m(all) - m(none), for all images and each resample.

    Attributes:
        images: (resamples, images), indices; the first row is every image once.
    """

    whole_of_images: Floats
    nothing_of_images: Floats
    images: NDArray[np.int64]

    @classmethod
    def of(cls, whole: Floats, nothing: Floats, seed: int) -> Scale:
        """From the log-odds of each image, (images,), with nothing and with everything replaced.

        Args:
            seed: of the resampling.
        """
        return cls(whole, nothing, resamples(len(whole), seed))

    @property
    def whole(self) -> Floats:
        """m(all), (resamples,)."""
        return self._means(self.whole_of_images)

    @property
    def nothing(self) -> Floats:
        """m(none), (resamples,)."""
        return self._means(self.nothing_of_images)

    def kept(self, log_odds: Floats) -> Floats:
        """The share that is kept, (shares, resamples), of log-odds (shares, images); NaN if undefined."""
        span = self.whole - self.nothing
        found: Floats = (self._means(log_odds) - self.nothing) / np.where(span > 0, span, np.nan)
        return found

    def lost(self, log_odds: Floats) -> Floats:
        """The share that is lost, as ``kept``."""
        return 1 - self.kept(log_odds)

    @property
    def dropped(self) -> int:
        """In how many resamples m(all) is not above m(none), so that they have no shares."""
        return int((self.whole[1:] <= self.nothing[1:]).sum())

    def _means(self, log_odds: Floats) -> Floats:
        means: Floats = log_odds[..., self.images].mean(-1)
        return means


def resamples(images: int, seed: int) -> NDArray[np.int64]:
    """Indices (1 + RESAMPLES, images): every image once, then images drawn with replacement."""
    random = np.random.default_rng(seed)
    drawn = random.integers(images, size=(RESAMPLES, images))
    return np.concatenate([np.arange(images)[None], drawn])


def shares_json(scale: Scale, *, kept: Floats, replaced: Floats) -> dict[str, list[float] | None]:
    """Necessity and sufficiency of one set with their intervals.

    Args:
        kept, replaced: log-odds (1, images), with the set kept alone, and with it replaced.
    """
    return {"necessity": interval(scale.lost(replaced)[0]), "sufficiency": interval(scale.kept(kept)[0])}


def negated(numbers: Sequence[float]) -> list[float]:
    """The interval [value, low, high] of the negated value."""
    value, low, high = numbers
    return [-value, -high, -low]


def with_interval(numbers: Sequence[float]) -> str:
    """``83 % (70 to 91)``."""
    value, low, high = (round(100 * one) for one in numbers)
    return f"{value} % ({low} to {high})"


def percent(share: float) -> str:
    """``83 %``, or ``0.4 %`` below one; halves are rounded up, as in the explorer's ``common/text.js``."""
    value = 100 * share
    digits = 10 if 0 < abs(value) < 1 else 1
    return f"{math.floor(digits * value + 0.5) / digits:.15g} %".replace("-0 ", "0 ")
