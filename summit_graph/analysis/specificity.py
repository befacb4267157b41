"""Are the counts real? How surprising it is that a channel is a top channel in so many of a class's images.

Fisher's exact test, one-sided: of all images of the network, those of the class are drawn by lot; how likely
is it that the channel is a top channel in this many of them or more? A channel that fires for everything is
no surprise in any class. Benjamini-Hochberg holds the false discovery rate over the class's channels down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints, false_discovery_rates, fisher_upper_tail
from summit_graph.records import AttributionGraph, Channel

#: The share of false finds that ``graph --specific`` allows.
FALSE_DISCOVERY_RATE = 0.05


class Specificity(NamedTuple):
    """Arrays of one entry for each channel of a class, or for each class of a channel.

    Attributes:
        lift: share of the class's images over the share of all other images; inf where those have none.
        p: chance of so many images or more.
        q: the false discovery rate at which the channel is a find.
    """

    lift: Floats
    p: Floats
    q: Floats


def part_of_graph(graph: AttributionGraph, channels: Iterable[Channel]) -> AttributionGraph:
    """The graph's nodes among ``channels`` and the edges between them."""
    kept = set(channels)
    return replace(
        graph,
        nodes=tuple(node for node in graph.nodes if node.channel in kept),
        edges=tuple(edge for edge in graph.edges if edge.channel in kept and edge.previous in kept),
    )


def measure_specificity(
    counts: Ints,
    everywhere: Ints,
    *,
    images: int | Ints,
    images_everywhere: int,
    tests: int | None = None,
) -> Specificity:
    """How specific channels are to one class, or one channel to each of several classes.

    Args:
        counts: (n,) in how many of the class's images the channel is a top channel.
        everywhere: (n,) the same over all classes, this one included; channels that are nowhere a top
            channel do not belong here.
        images, images_everywhere: number of images of the class, (n,) of each of several, and of all classes.
        tests: how many channels or classes were looked at, where those with a count of 0 are left out.
    """
    others, other_images = everywhere - counts, images_everywhere - images
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = (counts / images) / (others / other_images)
    p = fisher_upper_tail(counts, everywhere, size=images, total=images_everywhere)
    return Specificity(lift, p, false_discovery_rates(p, tests=tests))
