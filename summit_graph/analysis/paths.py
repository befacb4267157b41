"""The strongest path between two channels of an attribution graph.

A path is as strong as its weakest influence; of equally strong ones, the one with the largest sum is taken.

1. For each channel, from the lowest layer up: the weakest influence of the strongest path to it.
2. The same with sums, among the influences that are at least as strong as the path to the end.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from summit_graph.records import AttributionGraph, Channel


class Path(NamedTuple):
    """The channels of a path from the lowest up, the smallest count of its influences, and their sum."""

    channels: tuple[Channel, ...]
    weakest: int
    total: int


class _Reached(NamedTuple):
    value: float
    previous: Channel | None


def strongest_path(graph: AttributionGraph, start: Channel, end: Channel) -> Path | None:
    """The strongest path from a channel up to another one; None if there is none."""
    widest = _reach(graph, start, min, first=math.inf)
    if start == end or end not in widest:
        return None
    weakest = widest[end].value
    best = _reach(graph, start, operator.add, first=0, least=weakest)
    channels = [end]
    while previous := best[channels[-1]].previous:
        channels.append(previous)
    return Path(tuple(reversed(channels)), int(weakest), int(best[end].value))


def _reach(
    graph: AttributionGraph,
    start: Channel,
    join: Callable[[float, float], float],
    *,
    first: float,
    least: float = 0,
) -> dict[Channel, _Reached]:
    """The largest value of a path to each channel that ``start`` reaches by influences of ``least`` or more.

    Args:
        join: the value of a path and one more influence, from the path's value and the influence's count.
        first: the value of the path without influences.
    """
    incoming = defaultdict(list)
    for edge in graph.edges:
        if edge.count >= least:
            incoming[edge.channel].append(edge)
    found = {start: _Reached(first, None)}
    for node in graph.nodes:  # from the lowest layer up
        ways = [
            _Reached(join(found[edge.previous].value, edge.count), edge.previous)
            for edge in incoming[node.channel]
            if edge.previous in found
        ]
        if ways and node.channel != start:
            found[node.channel] = max(ways, key=operator.attrgetter("value"))
    return found
