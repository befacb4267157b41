"""Synthetic count folders with the number of inputs per output and the distribution of counts of real ones.

With BVLC weights and 100 images per class, an output's inputs, in descending order, are top influences in
86, 73, 62 … of the images, and a class has about 175,000 influences. With ImageNet's 1,300 images the tail
grows to about 300,000, which is what is generated here. Related classes share most of their top inputs, so
inputs are ranked by a score that is mostly common to the network and partly specific to the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from summit_graph.counts.inception import STANDARD_LAYERS, inception_stops
from summit_graph.counts.manifest import ACTIVATIONS_SCHEMA, HOPS_SCHEMA, ClassTables, Manifest
from summit_graph.counts.writer import write_count_folder
from summit_graph.records import ClassSummary, Parameters

IMAGES = 1300
#: Share of a class's images in which an output's n-th most frequent input is a top influence.
INFLUENCE_SHARES = [0.86, 0.73, 0.62, 0.51, 0.41, 0.32, 0.26, 0.21, 0.17, 0.14, 0.12, 0.097, 0.084, 0.072]
INFLUENCE_SHARES += [0.9 / rank for rank in range(15, 121)]
#: Minimum and maximum number of inputs per output.
FEWEST_INPUTS, MOST_INPUTS = 12, 112
#: Share of an input's score that is specific to the class.
OWN_SHARE = 0.3
#: Number of channels per layer that are top channels of a class, and the share of images of the first.
ACTIVE_CHANNELS, ACTIVE_SHARE = 220, 0.6

LAYERS = STANDARD_LAYERS
STOPS = inception_stops(LAYERS)
Ints = npt.NDArray[np.int64]


def write_synthetic_counts(folder: Path, classes: int, *, first: int = 0, seed: int = 0) -> Manifest:
    """Write a count folder of the classes ``first`` to ``classes - 1``, deterministic by seed."""
    manifest = Manifest(
        model="synthetic",
        weights_sha256=f"{seed:064x}",
        parameters=Parameters(),
        layers=LAYERS,
        stops=STOPS,
        dataset="synthetic",
    )
    return write_count_folder(folder, manifest, _classes(first, classes, seed))


def _classes(first: int, classes: int, seed: int) -> Iterator[ClassTables]:
    for number in range(first, classes):
        random = np.random.default_rng((seed, number + 1))
        name = f"class-{number:04}"
        summary = ClassSummary(name, None, name, IMAGES, None, None, None)
        yield ClassTables(summary, _activations(seed, random), _hops(seed, random))


def _activations(seed: int, random: np.random.Generator) -> pa.Table:
    shared = np.random.default_rng((seed, 0))
    parts = []
    for layer in LAYERS:
        ranked = _ranked(shared, random, 1, layer.channels)[0, :ACTIVE_CHANNELS]
        shares = ACTIVE_SHARE / np.arange(1, len(ranked) + 1)
        parts.append(_table({"layer": layer.name}, {"channel": ranked}, random.binomial(IMAGES, shares)))
    return _sorted(parts, ACTIVATIONS_SCHEMA)


def _hops(seed: int, random: np.random.Generator) -> pa.Table:
    shared = np.random.default_rng((seed, 0))
    inner = {(stop.layer, stop.name): stop.channels for stop in STOPS}
    widths = {layer.name: layer.channels for layer in LAYERS}
    parts = []
    for stop in STOPS:
        for reads in stop.reads:
            words = {"layer": stop.layer, "stop": stop.name, "source": reads.source}
            inputs = inner.get((stop.layer, reads.source)) or widths[reads.source]
            for first, end in reads.channels:
                parts.append(_convolution(words, first, end - first, inputs, shared, random))
    return _sorted(parts, HOPS_SCHEMA)


def _convolution(
    words: dict[str, str],
    first: int,
    outputs: int,
    inputs: int,
    shared: np.random.Generator,
    random: np.random.Generator,
) -> pa.Table:
    """One convolution's counts: each output counts its highest-ranked inputs, in descending order."""
    seen = min(inputs, MOST_INPUTS)
    ranked = _ranked(shared, random, outputs, inputs)[:, :seen]
    counts = random.binomial(IMAGES, np.array(INFLUENCE_SHARES[:seen]), (outputs, seen))
    reach = random.integers(min(FEWEST_INPUTS, seen), seen + 1, outputs)
    counts[np.arange(seen)[None, :] >= reach[:, None]] = 0
    output = np.repeat(np.arange(first, first + outputs), seen)
    return _table(words, {"output": output, "input": ranked.ravel()}, counts.ravel())


def _ranked(shared: np.random.Generator, random: np.random.Generator, outputs: int, inputs: int) -> Ints:
    """The inputs of each output in descending order of rank, int64 (outputs, inputs)."""
    own = random.random((outputs, inputs), np.float32)
    scores = shared.random((outputs, inputs), np.float32) * (1 - OWN_SHARE) + own * OWN_SHARE
    return np.argsort(-scores, axis=1)


def _table(words: dict[str, str], indices: dict[str, Ints], counts: Ints) -> pa.Table:
    there = counts > 0
    rows = int(there.sum())
    columns = {name: pa.repeat(word, rows) for name, word in words.items()}
    columns["skip"] = pa.repeat(False, rows)
    return pa.table(
        columns | {name: column[there] for name, column in indices.items()} | {"count": counts[there]}
    )


def _sorted(parts: list[pa.Table], schema: pa.Schema) -> pa.Table:
    keys = [(name, "ascending") for name in schema.names if name != "count"]
    return pa.concat_tables(parts).select(schema.names).cast(schema).sort_by(keys).combine_chunks()
