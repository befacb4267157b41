"""Whether replacing a graph's channels hurts its own class more than the nearest other class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from summit_graph.analysis.shares import RESAMPLES, Floats, Scale, interval, negated, with_interval


@dataclass(frozen=True, eq=False)
class Losses:
    """Log-odds of a class's output on its images, float64 (images,).

    Attributes:
        whole, nothing: with nothing replaced, and with everything replaced.
        sets: by name, with this set of channels replaced.
    """

    whole: Floats
    nothing: Floats
    sets: Mapping[str, Floats]


def contrast_json(
    own: Losses, other: Losses, *, name: str, other_name: str, against: bool = False, seed: int = 0
) -> dict[str, Any]:
    """The losses of both classes with intervals, and their difference.

    The images of the two classes are resampled independently.

    Args:
        own, other: of the graph's class, and of the nearest other class.
        name, other_name: of the classes.
        against: whether the graph is of what speaks against its class, so that replacing it raises the
            log-odds.
        seed: of the resampling.
    """
    scales = [
        Scale.of(own.whole, own.nothing, seed),
        Scale.of(other.whole, other.nothing, seed + 1),
    ]
    lost = [
        {at: scale.lost(one) for at, one in of.sets.items()}
        for of, scale in zip((own, other), scales, strict=True)
    ]
    found: dict[str, Any] = {
        "own": {"images": len(own.whole), **_intervals(lost[0])},
        "other": {"images": len(other.whole), **_intervals(lost[1])},
        "difference": interval(lost[0]["graph"] - lost[1]["graph"]),
        "resamples": {"of": RESAMPLES, "dropped": max(scale.dropped for scale in scales)},
    }
    return {**found, "verdict": _verdict(found, name, other_name, against=against)}


def contrast_rows(
    section: Mapping[str, Any],
) -> Iterator[tuple[str, Sequence[float] | None, Sequence[float] | None]]:
    """For the graph's and for random channels: what the class and the nearest other class lose."""
    for name in ("graph", "random"):
        yield name, section["own"][name], section["other"][name]


def _intervals(lost: Mapping[str, Floats]) -> dict[str, list[float] | None]:
    return {name: interval(one) for name, one in lost.items()}


def _verdict(found: Mapping[str, Any], name: str, other_name: str, *, against: bool) -> str:
    own, other, difference = found["own"]["graph"], found["other"]["graph"], found["difference"]
    if difference is None:
        return (
            f"Replacing every channel does not lower the log-odds of {other_name if own else name}: "
            "it cannot be said whether the graph is specific."
        )
    verb = "add" if against else "cost"
    if against:
        own, other, difference = negated(own), negated(other), negated(difference)
    if difference[1] > 0:
        says = "the graph is specific to its class"
    elif difference[2] < 0:
        says = "the graph's channels matter more for the other class"
    else:
        says = "the graph is not clearly specific to its class"
    return (
        f"The same channels {verb} {with_interval(other)} of the log-odds of {other_name}, the nearest other "
        f"class, against {with_interval(own)}: {says}."
    )
