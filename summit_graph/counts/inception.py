"""InceptionV1's layers, and its stops from the widths of its branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from summit_graph.records import CountedStop, Layer, Reads

#: The mixed layers from the lowest to the highest.
LAYER_NAMES = (
    "mixed3a",
    "mixed3b",
    "mixed4a",
    "mixed4b",
    "mixed4c",
    "mixed4d",
    "mixed4e",
    "mixed5a",
    "mixed5b",
)
#: The branches whose convolution reads the previous layer's channels itself.
DIRECT_BRANCHES = ("1x1", "pool")
#: The branches with a bottleneck: a 1x1 "reduce" convolution before the "expand" convolution.
BOTTLENECK_BRANCHES = ("3x3", "5x5")
#: The widths of the standard InceptionV1: branches 1x1, 3x3, 5x5 and pool.
STANDARD_BRANCHES = {
    "mixed3a": (64, 128, 32, 32),
    "mixed3b": (128, 192, 96, 64),
    "mixed4a": (192, 208, 48, 64),
    "mixed4b": (160, 224, 64, 64),
    "mixed4c": (128, 256, 64, 64),
    "mixed4d": (112, 288, 64, 64),
    "mixed4e": (256, 320, 128, 128),
    "mixed5a": (256, 320, 128, 128),
    "mixed5b": (384, 384, 128, 128),
}
#: Its numbers of bottlenecks: branches 3x3 and 5x5.
STANDARD_BOTTLENECKS = {
    "mixed3a": (96, 16),
    "mixed3b": (128, 32),
    "mixed4a": (96, 16),
    "mixed4b": (112, 24),
    "mixed4c": (128, 24),
    "mixed4d": (144, 32),
    "mixed4e": (160, 32),
    "mixed5a": (160, 32),
    "mixed5b": (192, 48),
}


def layers_from_json(
    channels: Mapping[str, int], branches: Mapping[str, Iterable[int]] | None = None
) -> tuple[Layer, ...]:
    """Layers in ascending order from the ``layers`` and, if present, ``branches`` of format 1."""
    known = {name: tuple(widths) for name, widths in (branches or {}).items()}
    names = [name for name in LAYER_NAMES if name in channels]
    return tuple(
        Layer(name, channels[name], known.get(name), position=at)  # type: ignore[arg-type]  # four widths
        for at, name in enumerate(names)
    )


STANDARD_LAYERS = layers_from_json(
    {name: sum(widths) for name, widths in STANDARD_BRANCHES.items()}, STANDARD_BRANCHES
)


def reduce_stop(branch: str) -> str:
    """The inner stop of a branch with bottlenecks: ``3x3_reduce``."""
    return f"{branch}_reduce"


def inception_stops(
    layers: Sequence[Layer], bottlenecks: Mapping[str, tuple[int, int]] = STANDARD_BOTTLENECKS
) -> tuple[CountedStop, ...]:
    """What InceptionV1's channels read, in program order.

    Args:
        layers: mixed layers in order, with the widths of their branches.
        bottlenecks: the numbers of bottlenecks of the branches 3x3 and 5x5, by layer.
    """
    return tuple(
        stop
        for lower, layer in pairwise(layers)
        for stop in _stops_between(lower, layer, bottlenecks[layer.name])
    )


def _stops_between(lower: Layer, layer: Layer, bottlenecks: tuple[int, int]) -> Iterator[CountedStop]:
    reads = [Reads(_ranges(layer, DIRECT_BRANCHES), lower.name)]
    for branch, channels in zip(BOTTLENECK_BRANCHES, bottlenecks, strict=True):
        name = reduce_stop(branch)
        reads.append(Reads(_ranges(layer, [branch]), name))
        yield CountedStop(name, layer.name, channels, (Reads(((0, channels),), lower.name),))
    yield CountedStop(layer.name, layer.name, layer.channels, tuple(one for one in reads if one.channels))


def _ranges(layer: Layer, branches: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The channels of these branches; empty branches have none."""
    slices = [layer.slice_of(branch) for branch in branches]
    return tuple((one.start, one.stop) for one in slices if one.stop > one.start)
