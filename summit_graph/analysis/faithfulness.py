"""How much of a class's log-odds the best channels of each layer carry: curves, areas, intervals, a verdict.

m is the mean over images of the log-odds of the class's output. With m(all) nothing is replaced, with m(none)
every channel of every layer is replaced by its mean over other classes.

- Sufficiency: f(k) = (m(k) - m(none)) / (m(all) - m(none)), with the best k % of each layer kept.
- Necessity: the share that is lost, (m(all) - m(k)) / (m(all) - m(none)), with the best k % replaced.
- CPR is the area under f, CMD the area between f and 1 (the MIB benchmark), both over the share of all
  channels that k really is: more than k where layers are narrow. For necessity f is the share that is left,
  1 - lost.

Shares and intervals are those of ``shares``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_graph.analysis.shares import (
    ENOUGH,
    RESAMPLES,
    Floats,
    Scale,
    area,
    interval,
    negated,
    percent,
    share_for,
    shares_json,
    with_interval,
)
from summit_graph.records import SelectedBy, Target

#: Percent of each layer's channels; 100 is known without a measurement.
SHARES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
QUICK_SHARES = (1.0, 5.0, 20.0, 50.0, 100.0)
#: What scores are called beside the graph's.
_NAMES = {"pagerank": "PageRank", "relevance": "summed relevance"}


@dataclass(frozen=True, eq=False)
class ClassScores:
    """What a network says about the channels of a class, by layer from the lowest up.

    Attributes:
        pagerank: float64 (channels,), the score of each channel; 0 for excluded ones.
        counts: float64 (channels,), in how many images each channel is a top channel.
        selected: bool (channels,), whether the attribution graph has the channel.
        relevance: float64 (channels,), summed over the counted images, 0 for excluded channels; None where it
            is not counted.
        selected_by: the score that the channels are selected by.
    """

    pagerank: Mapping[str, Floats]
    counts: Mapping[str, Floats]
    selected: Mapping[str, NDArray[np.bool_]]
    relevance: Mapping[str, Floats] | None = None
    selected_by: SelectedBy = "pagerank"

    @property
    def orders(self) -> dict[str, Mapping[str, Floats]]:
        """The scores that the graph's channels are selected by, as ``graph``, and then the others by name."""
        known = {"pagerank": self.pagerank, "counts": self.counts, "relevance": self.relevance}
        found = {"graph": known.pop(self.selected_by), **known}
        return {_NAMES.get(name, name): one for name, one in found.items() if one is not None}

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
        outputs: int64 (images,), the output whose log-odds were measured on each image.
    """

    whole: Floats
    nothing: Floats
    shares: Sequence[float]
    curves: Mapping[str, Curve]
    sets: Mapping[str, Curve]
    outputs: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def report_of(
    measured: Measured,
    scores: ClassScores,
    *,
    target: Target = "class",
    against: bool = False,
    seed: int = 0,
) -> dict[str, Any]:
    """Everything as JSON; each number with its interval as [value, low, high], or null if it is undefined.

    Args:
        measured: log-odds of each image.
        scores: of the class.
        target: whose log-odds were measured: the class's output's, or each image's predicted one's.
        against: whether the graph is of what speaks against the class, so that replacing it raises the
            log-odds.
        seed: of the resampling.
    """
    scale = Scale.of(measured.whole, measured.nothing, seed)
    real = real_shares(measured.shares, scores.channels)
    curves = {name: _curve_json(one, real, scale) for name, one in measured.curves.items()}
    sets = {
        name: shares_json(scale, kept=one.kept, replaced=one.replaced) for name, one in measured.sets.items()
    }
    found = {
        "target": target,
        "images": len(measured.whole),
        "channels": sum(scores.sizes.values()),
        "of": sum(scores.channels.values()),
        "outputs": outputs_json(measured.outputs),
        "log_odds": {"all": interval(scale.whole), "none": interval(scale.nothing)},
        "resamples": {"of": RESAMPLES, "dropped": scale.dropped},
        "shares": list(measured.shares),
        "real_shares": real,
        "sets": sets,
        "curves": curves,
    }
    return {**found, "verdict": verdict(found, against=against)}


def verdict(report: Mapping[str, Any], *, against: bool = False) -> str:
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
    if against:
        lost, by_chance = negated(lost), negated(by_chance)
    these = "this channel" if one else f"these {channels} channels"
    others = "a random one of the same layer" if one else f"{channels} random ones of the same layers"
    of_what = "of the log-odds" + (" of each image's predicted output" if report["target"] != "class" else "")
    verb = "adds" if against else "costs"
    first = (
        f"Replacing {these} ({share:.1f} %) {verb} {with_interval(lost)} {of_what}, "
        f"{others} {with_interval(by_chance)}, on {report['images']} images"
    )
    what = "what speaks against the class" if against else "what matters"
    points = lost[1] > by_chance[2]
    second = f"the graph points at {what}" if points else "the graph is not clearly better than chance"
    kept = "" if against else f" {_of_kept(graph['sufficiency'][0], one=one)}."
    return f"{first}; {second}.{kept}{left_out(report.get('resamples'))}"


def left_out(counted: Mapping[str, int] | None) -> str:
    """A sentence on resamples without shares; empty if there is none."""
    if not counted or not counted["dropped"]:
        return ""
    return (
        f" The intervals leave out {counted['dropped']} of {counted['of']} resamples in which replacing "
        "every channel does not lower the log-odds: take more images."
    )


def mark(nodes: Mapping[str, Any]) -> str | None:
    """What the graph's channels carry, in a few words; None if it is undefined."""
    carried = nodes["sets"]["graph"]["necessity"]
    if carried is None:
        return None
    one = nodes["channels"] == 1
    these = "This channel" if one else f"These {nodes['channels']} channels"
    if carried[0] < 0:
        return f"{these} {'takes' if one else 'take'} off {with_interval(negated(carried))}"
    return f"{these} {'carries' if one else 'carry'} {with_interval(carried)}"


def outputs_json(outputs: NDArray[np.int64]) -> list[dict[str, int]]:
    """The outputs that were tested, with the number of images; the most frequent first."""
    found, images = np.unique(outputs, return_counts=True)
    order = np.argsort(-images, kind="stable")
    return [{"output": int(found[at]), "images": int(images[at])} for at in order]


def numbers_at(share: float, channels: Mapping[str, int]) -> dict[str, int]:
    """How many channels of each layer a share in percent is: rounded, at least one."""
    return {layer: max(1, round(share / 100 * number)) for layer, number in channels.items()}


def real_shares(shares: Sequence[float], channels: Mapping[str, int]) -> list[float]:
    """The percent of all channels that each share is: more than the share where layers are narrow."""
    every = sum(channels.values())
    return [100 * sum(numbers_at(share, channels).values()) / every for share in shares]


def _of_kept(share: float, *, one: bool) -> str:
    """What the graph's channels carry alone."""
    carry = "Kept alone it carries" if one else "Kept alone they carry"
    if share >= ENOUGH:
        return f"{carry} {percent(share)}: {'it is' if one else 'they are'} nearly all that the class needs"
    if share > 0.05:
        return f"{carry} {percent(share)}: the graph is a part of the class, no model of it"
    return f"{carry} nothing: the graph is no model of the class"


def _curve_json(curve: Curve, shares: Sequence[float], scale: Scale) -> dict[str, Any]:
    """Shares and areas of one ranking; ``shares`` are percent of all channels."""
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
