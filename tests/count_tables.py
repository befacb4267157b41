"""Small count tables for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from summit_graph.counts.manifest import ACTIVATIONS_SCHEMA, HOPS_SCHEMA, ClassTables, Manifest
from summit_graph.records import BRANCHES, DIRECT_BRANCHES, LAYER_NAMES, ClassSummary, Layer, Parameters

#: layer, branch, stage, output, input, count
Hop = tuple[str, str, str, int, int, int]
#: layer, channel, count
Activation = tuple[str, int, int]

#: Nine layers of eight channels, two per branch.
SMALL_LAYERS = tuple(Layer(name, 8, (2, 2, 2, 2), position=at) for at, name in enumerate(LAYER_NAMES))


def hops_table(rows: Iterable[Hop]) -> pa.Table:
    return _table(sorted(rows), HOPS_SCHEMA)


def activations_table(rows: Iterable[Activation]) -> pa.Table:
    return _table(sorted(rows), ACTIVATIONS_SCHEMA)


def class_tables(
    name: str,
    activations: Iterable[Activation],
    hops: Iterable[Hop] = (),
    *,
    images: int = 10,
    output: int | None = None,
) -> ClassTables:
    summary = ClassSummary(
        name=name,
        output=output,
        title=name,
        images=images,
        top1=None if output is None else images // 2,
        top5=None if output is None else images,
        histogram=None if output is None else (images, *[0] * 19),
    )
    return ClassTables(summary, activations_table(activations), hops_table(hops))


def manifest(
    *, layers: tuple[Layer, ...] = SMALL_LAYERS, parameters: Parameters | None = None, weights: str = "0" * 64
) -> Manifest:
    return Manifest(
        model="tiny",
        weights_sha256=weights,
        parameters=parameters or Parameters(),
        layers=layers,
        dataset="shapes",
    )


def _table(rows: list[tuple], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema)


def random_class(name: str, seed: int, *, images: int = 10) -> ClassTables:
    """A class of ``SMALL_LAYERS`` with random counts in every convolution."""
    random = np.random.default_rng(seed)
    activations = [
        (layer.name, channel, int(count))
        for layer in SMALL_LAYERS
        for channel, count in enumerate(random.integers(0, images + 1, layer.channels))
        if count
    ]
    hops = [hop for name in LAYER_NAMES[1:] for hop in _random_hops(name, images, random)]
    return class_tables(name, activations, hops, images=images)


def _random_hops(layer: str, images: int, random: np.random.Generator) -> Iterator[Hop]:
    for branch, first in zip(BRANCHES, (0, 2, 4, 6), strict=True):
        if branch in DIRECT_BRANCHES:
            stages = {"direct": ((first, first + 1), range(8))}
        else:
            stages = {"reduce": (range(3), range(8)), "expand": ((first, first + 1), range(3))}
        for stage, (outputs, inputs) in stages.items():
            for output in outputs:
                for input_ in inputs:
                    if count := max(0, int(random.integers(-images, images + 1))):
                        yield layer, branch, stage, output, input_, count
