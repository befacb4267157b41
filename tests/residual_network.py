"""A network of residual blocks for tests: nothing in it is called as in InceptionV1."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from summit_graph.counts.manifest import HOPS_SCHEMA, ClassTables, Manifest
from summit_graph.records import CountedStop, Layer, Parameters, Reads
from tests.count_tables import activations_table, class_tables, table_of

#: Twelve layers from the lowest up; in the order of the alphabet they would be mixed up.
NAMES = ("stem", *(f"layer1.{at}" for at in range(9)), "block/2", "a.very.long.path.of.modules.head:2")
WIDTH = 6
IMAGES = 20


def residual_manifest(names: Sequence[str] = NAMES) -> Manifest:
    """Each layer but the first adds one inner convolution of the layer before to that layer."""
    layers = tuple(Layer(name, WIDTH, size=(8, 8), position=at) for at, name in enumerate(names))
    stops = tuple(stop for lower, upper in itertools.pairwise(names) for stop in _stops(lower, upper))
    return Manifest(
        model="residual",
        weights_sha256="1" * 64,
        parameters=Parameters(),
        layers=layers,
        stops=stops,
        dataset="shapes",
    )


def _stops(lower: str, upper: str) -> tuple[CountedStop, CountedStop]:
    every = ((0, WIDTH),)
    inner = f"{upper}.conv1"
    return (
        CountedStop(inner, upper, WIDTH, (Reads(every, lower),)),
        CountedStop(upper, upper, WIDTH, (Reads(every, inner), Reads(every, lower, skip=True))),
    )


def residual_class(name: str, seed: int, names: Sequence[str] = NAMES) -> ClassTables:
    """A class with random counts in every convolution and skip."""
    random = np.random.default_rng(seed)
    activations = [
        (layer, channel, int(count))
        for layer in names
        for channel, count in enumerate(random.integers(0, IMAGES + 1, WIDTH))
        if count
    ]
    pairs = itertools.pairwise(names)
    hops = [hop for lower, upper in pairs for hop in _hops(lower, upper, random)]
    tables = class_tables(name, activations, images=IMAGES)
    return ClassTables(
        summary=tables.summary,
        activations=tables.activations,
        hops=table_of(sorted(hops), HOPS_SCHEMA),
        outputs=activations_table([(names[-1], channel, 2 + channel) for channel in range(WIDTH)]),
    )


def _hops(lower: str, upper: str, random: np.random.Generator) -> Iterator[tuple]:
    inner = f"{upper}.conv1"
    for output in range(WIDTH):
        for input_ in range(WIDTH):
            for stop, source in ((inner, lower), (upper, inner)):
                if count := max(0, int(random.integers(-IMAGES, IMAGES))):
                    yield upper, stop, source, False, output, input_, count
        if count := int(random.integers(0, IMAGES)):
            yield upper, upper, lower, True, output, output, count
