"""How much of a class's log-odds its graph's influences carry: shares, intervals, a verdict.

m(all) is measured with every influence, m(none) with all influences between neighbouring layers taken out.
Necessity is the share that is lost when influences are taken out, sufficiency the share that is kept when all
others are (``analysis.shares``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_graph.analysis.faithfulness import ClassScores, Curve
from summit_graph.analysis.shares import (
    RESAMPLES,
    Scale,
    interval,
    negated,
    resamples,
    shares_json,
    with_interval,
)
from summit_graph.records import AttributionGraph, Channel

Floats = NDArray[np.float64]
#: Influences by the upper layer's name: bool (channels, channels of the layer below).
Edges = Mapping[str, NDArray[np.bool_]]
#: Their counts, of the same shape.
Counts = Mapping[str, NDArray[np.int32]]

#: [value, low, high], or None where it is undefined.
Interval = Sequence[float] | None

#: How many times as many influences as the graph has are taken out, the largest counts first.
FACTORS = (1, 10, 100)
QUICK_FACTORS = (1, 10)
#: Others between the same channels: the comparison that the verdict names.
BETWEEN = "random, same channels"


@dataclass(frozen=True, eq=False)
class ClassEdges:
    """What a network says about the influences of one class.

    Attributes:
        counts: in how many images each influence is among the largest.
        selected: whether the attribution graph has it.
        between: whether both its channels are the graph's.
    """

    counts: Counts
    selected: Edges
    between: Edges

    @classmethod
    def of(cls, graph: AttributionGraph, scores: ClassScores, counts: Counts) -> ClassEdges:
        """Those of a class's graph."""
        selected = {layer: np.zeros(one.shape, bool) for layer, one in counts.items()}
        for edge in graph.edges:
            selected[edge.channel.layer][edge.channel.index, edge.previous.index] = True
        own = scores.selected
        between = {upper: np.outer(own[upper], own[lower]) for lower, upper in pairwise(own)}
        return cls(counts, selected, between)

    @property
    def sizes(self) -> dict[str, int]:
        """The number of selected influences on each layer."""
        return {layer: int(one.sum()) for layer, one in self.selected.items()}


@dataclass(frozen=True, eq=False)
class MeasuredEdges:
    """All log-odds that were measured.

    Attributes:
        whole, nothing: (images,), with all and with no influences.
        sets: of one row, by name: the graph's influences and as many others.
        numbers: how many influences each set has.
        factors: how many times as many influences as the graph has are in each row of ``by_count``.
        by_count: the largest counts of each layer, of the first images alone.
        numbers_by_count: how many influences each row has.
    """

    whole: Floats
    nothing: Floats
    sets: Mapping[str, Curve]
    numbers: Mapping[str, int]
    factors: Sequence[float]
    by_count: Curve
    numbers_by_count: Sequence[int]


@dataclass(frozen=True, eq=False)
class Received:
    """What channels with a selected influence receive.

    Attributes:
        channels: which.
        through: (images, channels), the part that comes through selected influences.
        whole: (images, channels), all of it.
    """

    channels: Sequence[Channel]
    through: Floats
    whole: Floats


def edge_report(
    measured: MeasuredEdges, edges: ClassEdges, *, against: bool = False, seed: int = 0
) -> dict[str, Any]:
    """Everything as JSON; each share with its interval as [value, low, high], or null if it is undefined.

    Args:
        measured: log-odds of each image.
        edges: of the class.
        against: as of ``analysis.faithfulness.report_of``.
        seed: of the resampling.
    """
    scale = Scale.of(measured.whole, measured.nothing, seed)
    sets = {
        name: {
            "edges": measured.numbers[name],
            **shares_json(scale, kept=one.kept, replaced=one.replaced),
        }
        for name, one in measured.sets.items()
    }
    found = {
        "images": len(measured.whole),
        "edges": measured.numbers["graph"],
        "of": sum(one.size for one in edges.selected.values()),
        "log_odds": {"all": interval(scale.whole), "none": interval(scale.nothing)},
        "resamples": {"of": RESAMPLES, "dropped": scale.dropped},
        "sets": sets,
        "by_count": _by_count_json(measured, seed),
    }
    return {**found, "verdict": edge_verdict(found, against=against)}


def completeness_report(
    received: Received, edges: ClassEdges, measure: str, *, seed: int = 0
) -> dict[str, Any]:
    """The share of each channel and their mean, with intervals, as JSON.

    Args:
        received: by each image.
        edges: of the class.
        measure: what channels receive.
        seed: of the resampling.
    """
    images = resamples(len(received.whole), seed)
    through, whole = (one[images].mean(1) for one in (received.through, received.whole))
    shares = through / np.where(whole > 0, whole, np.nan)
    with_share = np.isfinite(shares[0])
    means = np.ma.masked_invalid(shares[:, with_share]).mean(1)  # of those that receive anything
    mean = interval(np.ma.filled(means, np.nan)) if with_share.any() else None
    found = {
        "images": len(received.whole),
        "measure": measure,
        "mean": mean,
        "channels": [
            {
                "channel": str(channel),
                "edges": int(edges.selected[channel.layer][channel.index].sum()),
                "share": interval(shares[:, at]),
            }
            for at, channel in enumerate(received.channels)
        ],
    }
    return {**found, "verdict": completeness_verdict(found)}


def completeness_verdict(report: Mapping[str, Any]) -> str:
    """What the report says about completeness, in words with its numbers."""
    if report["mean"] is None:
        return "No channel of the graph receives anything through its influences."
    what = (
        "relevance against the class" if report["measure"] == "against" else f"positive {report['measure']}"
    )
    return (
        f"The graph's influences carry {with_interval(report['mean'])} of the {what} "
        "that its channels receive."
    )


def edge_rows(report: Mapping[str, Any]) -> Iterator[tuple[str, int, Interval, Interval]]:
    """Of each set: its name, the number of its influences, necessity and sufficiency."""
    for name, one in report["sets"].items():
        yield name, one["edges"], one["necessity"], one["sufficiency"]
    found = report["by_count"]
    rows = (found[key] for key in ("factors", "edges", "necessity", "sufficiency"))
    for factor, *row in zip(*rows, strict=True):
        yield f"largest counts, {factor:g} x", *row


def edge_verdict(report: Mapping[str, Any], *, against: bool = False) -> str:
    """What the report says about influences, in words with its numbers."""
    if not report["edges"]:
        return "The graph has no influences."
    graph, others = report["sets"]["graph"], report["sets"][BETWEEN]
    if graph["necessity"] is None:
        return "Taking out all influences does not lower the log-odds: influences cannot be tested."
    one = report["edges"] == 1
    these = "this influence" if one else f"these {report['edges']} influences"
    compared = f"{_random(others)} between the same channels {_share(others, against)}"
    if not others["edges"]:
        compared = "there are no others between the same channels"
    elsewhere = report["sets"]["random"]
    of_layers = f"{_random(elsewhere)} of the same layers {_share(elsewhere, against)}"
    verb = "adds" if against else "costs"
    return f"Taking out {these} {verb} {_share(graph, against)}; {compared}, {of_layers}."


def _by_count_json(measured: MeasuredEdges, seed: int) -> dict[str, Any]:
    images = measured.by_count.kept.shape[1]
    scale = Scale.of(measured.whole[:images], measured.nothing[:images], seed)
    return {
        "images": images,
        "factors": list(measured.factors),
        "edges": list(measured.numbers_by_count),
        "necessity": [interval(row) for row in scale.lost(measured.by_count.replaced)],
        "sufficiency": [interval(row) for row in scale.kept(measured.by_count.kept)],
    }


def _random(one: Mapping[str, Any]) -> str:
    return "a random one" if one["edges"] == 1 else f"{one['edges']} random ones"


def _share(one: Mapping[str, Any], against: bool) -> str:
    return with_interval(negated(one["necessity"]) if against else one["necessity"])
