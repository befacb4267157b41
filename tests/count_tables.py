"""Small count tables for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from summit_graph.counts.format_1 import TABLES as FORMAT_1
from summit_graph.counts.inception import DIRECT_BRANCHES, LAYER_NAMES, inception_stops, reduce_stop
from summit_graph.counts.manifest import (
    ACTIVATIONS_SCHEMA,
    HOPS_SCHEMA,
    RELEVANCE_SCHEMA,
    ClassTables,
    Manifest,
)
from summit_graph.records import BRANCHES, ClassSummary, CountedStop, Layer, Parameters, Reads
from summit_graph.system.atomic_files import sha256_of

#: A hop of InceptionV1: layer, branch, stage (``direct``, ``reduce``, ``expand``), output, input, count
Hop = tuple[str, str, str, int, int, int]
#: layer, channel, count
Activation = tuple[str, int, int]

#: Nine layers of eight channels, two per branch.
SMALL_LAYERS = tuple(Layer(name, 8, (2, 2, 2, 2), position=at) for at, name in enumerate(LAYER_NAMES))
#: Three bottlenecks in each branch.
SMALL_STOPS = inception_stops(SMALL_LAYERS, dict.fromkeys(LAYER_NAMES, (3, 3)))


def hops_table(rows: Iterable[Hop]) -> pa.Table:
    return table_of(sorted(_hop(*row) for row in rows), HOPS_SCHEMA)


def _hop(layer: str, branch: str, stage: str, output: int, input: int, count: int) -> tuple:
    """layer, stop, source, skip, output, input, count"""
    stop = reduce_stop(branch) if stage == "reduce" else layer
    source = reduce_stop(branch) if stage == "expand" else LAYER_NAMES[LAYER_NAMES.index(layer) - 1]
    return layer, stop, source, False, output, input, count


def activations_table(rows: Iterable[Activation]) -> pa.Table:
    return table_of(sorted(rows), ACTIVATIONS_SCHEMA)


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
    *,
    layers: tuple[Layer, ...] = SMALL_LAYERS,
    stops: tuple[CountedStop, ...] = SMALL_STOPS,
    parameters: Parameters | None = None,
    weights: str = "0" * 64,
) -> Manifest:
    return Manifest(
        model="tiny",
        weights_sha256=weights,
        parameters=parameters or Parameters(),
        layers=layers,
        stops=stops,
        dataset="shapes",
    )


def table_of(rows: list[tuple], schema: pa.Schema) -> pa.Table:
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
    stages: dict[str, tuple[Iterable[int], Iterable[int]]]
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


def _block(layer: str, lower: str, *inner: str) -> Iterator[CountedStop]:
    """A residual block of four channels, with inner stops of two channels one after the other."""
    sources = [lower, *inner]
    for source, name in pairwise(sources):
        yield CountedStop(name, layer, 2, (Reads(((0, 2),), source),))
    yield CountedStop(layer, layer, 4, (Reads(((0, 4),), sources[-1]), Reads(((0, 4),), lower, skip=True)))


#: A network with skip connections, whose layers are not in the order of their names.
TWO_BLOCKS = Manifest(
    model="residual",
    weights_sha256="2" * 64,
    parameters=Parameters(skips=False),
    layers=tuple(
        Layer(name, 4, size=(7, 8 - at), position=at)
        for at, name in enumerate(("stem", "layer1.1", "layer1.0"))
    ),
    stops=(
        *_block("layer1.1", "stem", "layer1.1.conv1"),
        *_block("layer1.0", "layer1.1", "layer1.0.conv1", "layer1.0.conv2"),
    ),
    dataset="shapes",
    weights="file",
)


def two_blocks_class(name: str, seed: int, *, images: int = 10) -> ClassTables:
    """A class of ``TWO_BLOCKS`` with random counts and an output."""
    random = np.random.default_rng(seed)
    activations = [(layer.name, channel, 1 + channel) for layer in TWO_BLOCKS.layers for channel in range(4)]
    hops = [
        (stop.layer, stop.name, reads.source, reads.skip, output, input_, int(random.integers(1, images)))
        for stop in TWO_BLOCKS.stops
        for reads in stop.reads
        for output in range(stop.channels)
        for input_ in ([output] if reads.skip else range(2))
    ]
    return ClassTables(
        summary=class_tables(name, [], images=images, output=seed).summary,
        activations=activations_table(activations),
        hops=table_of(sorted(hops), HOPS_SCHEMA),
        outputs=activations_table([("layer1.0", channel, 2 + channel) for channel in (0, 3)]),
        relevance=table_of(
            sorted((layer.name, at, (at - 1) / 4) for layer in TWO_BLOCKS.layers for at in range(4)),
            RELEVANCE_SCHEMA,
        ),
    )


def rewrite_as_format_1(folder: Path) -> None:
    """Turn a count folder of InceptionV1 into one that an earlier version wrote."""
    file = folder / "manifest.json"
    value = json.loads(file.read_text())
    branches = value["branches"]
    (folder / "outputs.parquet").unlink()
    for table in ("hops", "influences"):
        if (folder / f"{table}.parquet").exists():
            _rewrite_table(folder / f"{table}.parquet", table, branches)
    value["layers"] = {layer["name"]: layer["channels"] for layer in value["layers"]}
    value["files"] = {one.name: sha256_of(one) for one in folder.glob("*.parquet")}
    for key in ("format", "stops"):
        del value[key]
    del value["parameters"]["skips"]
    file.write_text(json.dumps(value))


def _rewrite_table(file: Path, table: str, branches: dict[str, list[int]]) -> None:
    rows = pq.read_table(file).to_pylist()
    for row in rows if table == "hops" else []:
        row |= _branch_and_stage(row, branches[row["layer"]])
    schema = FORMAT_1[table].insert(0, pa.field("class", pa.string()))
    found = pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema=schema)
    keys = [name for name in schema.names if name not in ("count", "via")]
    pq.write_table(found.sort_by([(key, "ascending") for key in keys]), file)


def _branch_and_stage(hop: dict, widths: list[int]) -> dict[str, str]:
    if hop["stop"] != hop["layer"]:
        return {"branch": hop["stop"].removesuffix("_reduce"), "stage": "reduce"}
    branch = BRANCHES[int(np.searchsorted(np.cumsum(widths), hop["output"], side="right"))]
    return {"branch": branch, "stage": "direct" if branch in DIRECT_BRANCHES else "expand"}
