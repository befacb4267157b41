"""Which channels are specific to a class: significance of the counts against all images of the network.

Fisher's exact test, one-sided: if the class's images were drawn at random from all images of the network, how
likely is it that the channel is a top channel in this many of them or more? A channel that is a top channel
everywhere is specific to no class. Benjamini-Hochberg controls the false discovery rate over the class's
channels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints, false_discovery_rates, fisher_upper_tail

#: False discovery rate of ``graph --specific``.
FALSE_DISCOVERY_RATE = 0.05


class Specificity(NamedTuple):
    """float64 (n,) arrays, one entry per channel of a class, or per class of a channel.

    Attributes:
        lift: share of the class's images over the share of all other images; inf if the latter is 0.
        p: probability of this many images or more.
        q: smallest false discovery rate at which the channel is a discovery.
    """

    lift: Floats
    p: Floats
    q: Floats


def measure_specificity(
    counts: Ints,
    everywhere: Ints,
    *,
    images: int | Ints,
    images_everywhere: int,
    tests: int | None = None,
) -> Specificity:
    """Specificity of channels to one class, or of one channel to each of several classes.

    Args:
        counts: int64 (n,), in how many of the class's images the channel is a top channel.
        everywhere: int64 (n,), the same over all classes, this one included; at least 1.
        images: number of images of the class, or int64 (n,) of each class.
        images_everywhere: number of images of all classes.
        tests: number of channels or classes tested, if those with a count of 0 are left out of ``counts``.
    """
    others, other_images = everywhere - counts, images_everywhere - images
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = (counts / images) / (others / other_images)
    p = fisher_upper_tail(counts, everywhere, size=images, total=images_everywhere)
    return Specificity(lift, p, false_discovery_rates(p, tests=tests))
