"""Runs: one channel that skips pass on through several layers.

1. A skip joins a channel to the channel of the layer above that it is passed on to.
2. A channel is joined to at most one channel below and one above it, by the skips of the largest counts.
3. A run is a longest chain of joined channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from summit_graph.records import Channel, Edge

Run = tuple[Channel, ...]


def find_runs(skips: Iterable[tuple[Channel, Channel, int]]) -> list[Run]:
    """The runs of at least two channels, each from the lowest layer up, in the order of their first skip.

    Args:
        skips: lower channel, upper channel, count.
    """
    above: dict[Channel, Channel] = {}
    joined: set[Channel] = set()
    listed = list(skips)
    for lower, upper, _ in sorted(listed, key=lambda skip: -skip[2]):
        if lower not in above and upper not in joined:
            above[lower] = upper
            joined.add(upper)
    starts = dict.fromkeys(lower for lower, _, _ in listed if lower in above and lower not in joined)
    return [tuple(_climb(start, above)) for start in starts]


def runs_of(edges: Iterable[Edge]) -> list[Run]:
    """The runs of a graph's skips."""
    return find_runs((edge.previous, edge.channel, edge.count) for edge in edges if edge.skip)


def joined_in(runs: Iterable[Run]) -> set[tuple[Channel, Channel]]:
    """The pairs of neighbours in runs, as lower and upper channel."""
    return {pair for run in runs for pair in pairwise(run)}


def _climb(channel: Channel, above: Mapping[Channel, Channel]) -> Iterator[Channel]:
    yield channel
    while channel in above:
        channel = above[channel]
        yield channel
