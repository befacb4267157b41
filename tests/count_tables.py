"""Small count tables for tests, written as one would say them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from summit_graph.counts import ACTIVATIONS_SCHEMA, HOPS_SCHEMA, ClassTables, Manifest
from summit_graph.records import LAYER_NAMES, ClassSummary, Layer, Parameters

#: layer, branch, stage, output, input, count
Hop = tuple[str, str, str, int, int, int]
#: layer, channel, count
Activation = tuple[str, int, int]

#: Nine layers of eight channels: two a branch.
SMALL_LAYERS = tuple(Layer(name, 8, (2, 2, 2, 2)) for name in LAYER_NAMES)


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
