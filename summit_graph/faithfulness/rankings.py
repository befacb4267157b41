"""Orders of a layer's channels, best first, and the sets that they give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: The channels of each layer, best first: (channels,), or (images, channels) if each image has its own order.
Order = Mapping[str, NDArray[np.int64]]
#: Channels of similar counts are exchanged within this many groups of a layer.
GROUPS = 10


def by_score(scores: Mapping[str, Floats]) -> Order:
    """From the largest score down; ties go to the lower index."""
    return {layer: np.argsort(-one, kind="stable") for layer, one in scores.items()}


def at_random(channels: Mapping[str, int], images: int, seed: int) -> Order:
    """A random order for each image."""
    random = np.random.default_rng(seed)
    return {layer: random.permuted(_every(images, number), axis=1) for layer, number in channels.items()}


def with_counts_of(order: Order, counts: Mapping[str, Floats], images: int, seed: int) -> Order:
    """For each image, the order with each channel exchanged for a random one with a similar count."""
    random = np.random.default_rng(seed)
    found = {}
    for layer, one in order.items():
        by_count = np.argsort(counts[layer], kind="stable")
        exchanged = _every(images, len(one))
        for group in np.array_split(by_count, min(GROUPS, len(by_count))):
            exchanged[:, group] = random.permuted(np.tile(group, (images, 1)), axis=1)
        found[layer] = exchanged[:, one]
    return found


def best(order: Order, numbers: Mapping[str, int]) -> dict[str, NDArray[np.bool_]]:
    """The first channels of each layer, as bool of the order's shape."""
    chosen = {}
    for layer, one in order.items():
        mask = np.zeros(one.shape, bool)
        np.put_along_axis(mask, one[..., : numbers[layer]], True, axis=-1)
        chosen[layer] = mask
    return chosen


def _every(images: int, channels: int) -> NDArray[np.int64]:
    return np.tile(np.arange(channels), (images, 1))
