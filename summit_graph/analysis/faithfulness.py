"""How much of a class's log-odds the best channels of each layer carry: curves, areas, intervals, a verdict.

m is the mean over images of the log-odds of the class's output. With m(all) nothing is replaced, with m(none)
every channel of every layer is replaced by its mean over other classes.

- Sufficiency: f(k) = (m(k) - m(none)) / (m(all) - m(none)), with the best k % of each layer kept.
- Necessity: the share that is lost, (m(all) - m(k)) / (m(all) - m(none)), with the best k % replaced.
- CPR is the area under f, CMD the area between f and 1, both over k from 0 to 100 % (the MIB benchmark). For
  necessity f is the share that is left, 1 - lost.

Intervals are the 2.5 % and 97.5 % quantiles over resampled images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_graph.records import Target

Floats = NDArray[np.float64]

#: Percent of each layer's channels; 100 is known without a measurement.
SHARES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
QUICK_SHARES = (1.0, 5.0, 20.0, 50.0, 100.0)
#: The share of the log-odds that a sufficient set keeps.
ENOUGH = 0.8
RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class ClassScores:
    """What a network says about the channels of a class, by layer from the lowest up.

    Attributes:
        pagerank: float64 (channels,), the score of each channel; 0 for excluded ones.
        counts: float64 (channels,), in how many images each channel is a top channel.
        selected: bool (channels,), whether the attribution graph has the channel.
    """

    pagerank: Mapping[str, Floats]
    counts: Mapping[str, Floats]
    selected: Mapping[str, NDArray[np.bool_]]

    @property
    def channels(self) -> dict[str, int]:
        """Number of channels of each layer."""
        return {layer: len(one) for layer, one in self.pagerank.items()}

    @property
    def sizes(self) -> dict[str, int]:
        """Number of selected channels of each layer."""
        return {layer: int(one.sum()) for layer, one in self.selected.items()}


@dataclass(frozen=True, eq=False)
class Curve:
    """The log-odds of each image for one ranking of the channels.

    Attributes:
        kept: (shares, images), the best channels kept and the others replaced.
        replaced: (shares, images), the best channels replaced and the others kept.
    """

    kept: Floats
    replaced: Floats


@dataclass(frozen=True, eq=False)
class Measured:
    """All log-odds that were measured.

    Attributes:
        whole, nothing: (images,), nothing replaced and everything replaced.
        shares: percent of each layer's channels, ascending; the last is 100.
        curves: by the name of the ranking.
        sets: by name, one set of channels: the graph's, and as many others of each layer; of one share.
    """

    whole: Floats
    nothing: Floats
    shares: Sequence[float]
    curves: Mapping[str, Curve]
    sets: Mapping[str, Curve]


def report_of(
    measured: Measured, scores: ClassScores, *, target: Target = "class", seed: int = 0
) -> dict[str, Any]:
    """Everything as JSON; each number with its interval as [value, low, high], or null if it is undefined.

    Args:
        measured: log-odds of each image.
        scores: of the class.
        target: whose log-odds were measured: the class's output's, or each image's predicted one's.
        seed: of the resampling.
    """
    images = _resamples(len(measured.whole), seed)
    scale = _Scale(measured.whole, measured.nothing, images)
    curves = {name: _curve_json(one, measured.shares, scale) for name, one in measured.curves.items()}
    sets = {
        name: {
            "necessity": interval(scale.lost(one.replaced)[0]),
            "sufficiency": interval(scale.kept(one.kept)[0]),
        }
        for name, one in measured.sets.items()
    }
    found = {
        "target": target,
        "images": len(measured.whole),
        "channels": sum(scores.sizes.values()),
        "of": sum(scores.channels.values()),
        "log_odds": {"all": interval(scale.whole), "none": interval(scale.nothing)},
        "shares": list(measured.shares),
        "sets": sets,
        "curves": curves,
    }
    return {**found, "verdict": verdict(found)}


def verdict(report: Mapping[str, Any]) -> str:
    """What the report says, in words with its numbers."""
    channels, share = report["channels"], 100 * report["channels"] / report["of"]
    one = channels == 1
    graph, other = report["sets"]["graph"], report["sets"]["random"]
    if graph["necessity"] is None:
        return (
            "Replacing every channel by its mean does not lower the log-odds of these images: "
            "the graph cannot be tested with them."
        )
    lost, by_chance = graph["necessity"], other["necessity"]
    points = graph["necessity"][1] > other["necessity"][2]
    these = "this channel" if one else f"these {channels} channels"
    others = "a random one of the same layer" if one else f"{channels} random ones of the same layers"
    of_what = "of the log-odds" + (" of each image's predicted output" if report["target"] != "class" else "")
    first = (
        f"Replacing {these} ({share:.1f} %) costs {_with_interval(lost)} {of_what}, "
        f"{others} {_with_interval(by_chance)}, on {report['images']} images"
    )
    second = "the graph points at what matters" if points else "the graph is not clearly better than chance"
    return f"{first}; {second}. {_of_kept(graph['sufficiency'][0], one=one)}."


def _of_kept(share: float, *, one: bool) -> str:
    """What the graph's channels carry alone."""
    carry = "Kept alone it carries" if one else "Kept alone they carry"
    if share >= ENOUGH:
        return f"{carry} {_percent(share)}: {'it is' if one else 'they are'} nearly all that the class needs"
    if share > 0.05:
        return f"{carry} {_percent(share)}: the graph is a part of the class, no model of it"
    return f"{carry} nothing: the graph is no model of the class"


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
class _Scale:
    """Turns log-odds of images into shares of m(all) - m(none), for all images and each resample.

    Attributes:
        images: (resamples, images), indices; the first row is every image once.
    """

    whole_of_images: Floats
    nothing_of_images: Floats
    images: NDArray[np.int64]

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

    def _means(self, log_odds: Floats) -> Floats:
        means: Floats = log_odds[..., self.images].mean(-1)
        return means


def _resamples(images: int, seed: int) -> NDArray[np.int64]:
    random = np.random.default_rng(seed)
    drawn = random.integers(images, size=(RESAMPLES, images))
    return np.concatenate([np.arange(images)[None], drawn])


def _curve_json(curve: Curve, shares: Sequence[float], scale: _Scale) -> dict[str, Any]:
    kept, lost = scale.kept(curve.kept), scale.lost(curve.replaced)
    start = np.zeros((1, kept.shape[1]))
    from_zero = [0.0, *shares]
    up, left = np.concatenate([start, kept]), np.concatenate([start + 1, 1 - lost])
    enough = share_for(shares, kept[:, 0])
    return {
        "sufficiency": [interval(row) for row in kept],
        "necessity": [interval(row) for row in lost],
        "cpr": interval(area(from_zero, up)),
        "cmd": interval(area(from_zero, np.abs(1 - up))),
        "cpr_of_rest": interval(area(from_zero, left)),
        "enough": enough,
    }


def _with_interval(numbers: Sequence[float]) -> str:
    value, low, high = (round(100 * one) for one in numbers)
    return f"{value} % ({low} to {high})"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"  # never -0
