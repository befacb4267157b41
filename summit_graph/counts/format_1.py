"""Count folders of format 1, which is only for InceptionV1, as those of the current format.

A hop's place was a branch and a stage; an influence's bottleneck was one of its channel's branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from summit_graph.counts.inception import (
    BOTTLENECK_BRANCHES,
    DIRECT_BRANCHES,
    STANDARD_BOTTLENECKS,
    STANDARD_BRANCHES,
    inception_stops,
    layers_from_json,
    reduce_stop,
)
from summit_graph.counts.manifest import ACTIVATIONS_SCHEMA, Manifest
from summit_graph.counts.manifest_checks import MOST_CHANNELS
from summit_graph.counts.merging import Ints, encoded_words
from summit_graph.counts.via_stops import implied_via_stops
from summit_graph.errors import CountFilesError
from summit_graph.records import BRANCHES, CountedStop, Layer

TABLES = {
    "activations": ACTIVATIONS_SCHEMA,
    "hops": pa.schema(
        [
            ("layer", pa.string()),
            ("branch", pa.string()),
            ("stage", pa.string()),
            ("output", pa.int32()),
            ("input", pa.int32()),
            ("count", pa.int32()),
        ]
    ),
    "influences": pa.schema(
        [
            ("layer", pa.string()),
            ("channel", pa.int32()),
            ("previous_layer", pa.string()),
            ("previous", pa.int32()),
            ("count", pa.int32()),
            ("via", pa.int32()),
        ]
    ),
}
#: Upper bound on a branch's bottlenecks, as a multiple of its layer's channels: the files do not record it.
_BOTTLENECKS = 8


def read_manifest(value: Mapping[str, Any], hops: pads.Dataset | None, *, source: str) -> Manifest:
    """A manifest of format 1; branch widths that it lacks are those of the standard, or seen in the hops.

    Args:
        source: the folder, for the error message.

    Raises:
        CountFilesError: the hops' branches overlap.
    """
    layers = layers_from_json(value["layers"], value.get("branches"))
    if any(layer.branches is None for layer in layers):
        layers = _with_branches(layers, hops, source)
    rows = [{"name": layer.name, "channels": layer.channels} for layer in layers]
    manifest = Manifest.from_json({**value, "layers": rows, "branches": None, "stops": []})
    return replace(manifest, layers=layers, stops=stops_of(layers))


def converted(table: str, rows: pa.Table, layers: Sequence[Layer]) -> pa.Table:
    """A class's rows in the current format, in the order of the file.

    Words that format 1 does not have become a stop that no network has.
    """
    if table == "hops":
        return _converted_hops(rows, layers)
    return _converted_influences(rows, layers) if table == "influences" else rows


def _converted_hops(rows: pa.Table, layers: Sequence[Layer]) -> pa.Table:
    codes, words = zip(*(encoded_words(rows[name]) for name in ("layer", "branch", "stage")), strict=True)
    shape = [len(one) for one in words]
    found, which = _distinct(np.asarray(np.ravel_multi_index(codes, shape)))
    below = {layer.name: lower.name for lower, layer in pairwise(layers)}
    layer, branch, stage = (
        [one[at] for at in number] for one, number in zip(words, np.unravel_index(found, shape), strict=True)
    )
    places = [_place(below, *words) for words in zip(layer, branch, stage, strict=True)]
    stop, source = zip(*places, strict=True) if places else ((), ())
    columns = {
        "layer": rows["layer"],
        "stop": _words(stop, which),
        "source": _words(source, which),
        "skip": pa.repeat(False, len(rows)),
    }
    return pa.table(columns | {name: rows[name] for name in ("output", "input", "count")})


def _distinct(codes: Ints) -> tuple[Ints, Ints]:
    """The distinct codes, and which of them each is; quick where equal codes follow each other."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    found, which = np.unique(codes[starts], return_inverse=True)
    return found, np.repeat(which, np.diff([*starts, len(codes)]))


def _place(below: Mapping[str, str], layer: str, branch: str, stage: str) -> tuple[str, str]:
    """The stop and the source of a branch's convolution."""
    if branch in DIRECT_BRANCHES and stage == "direct":
        return layer, below.get(layer, "")
    if branch in BOTTLENECK_BRANCHES and stage == "expand":
        return layer, reduce_stop(branch)
    if branch in BOTTLENECK_BRANCHES and stage == "reduce":
        return reduce_stop(branch), below.get(layer, "")
    return f"{branch}/{stage}", ""


def _words(names: Sequence[str], codes: Ints) -> pa.DictionaryArray:
    """Names by code, as a column; equal names have one place in its dictionary."""
    distinct = list(dict.fromkeys(names))
    places = np.array([distinct.index(name) for name in names], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(places[codes]), pa.array(distinct, pa.string()))


def _converted_influences(rows: pa.Table, layers: Sequence[Layer]) -> pa.Table:
    columns = {name: rows[name] for name in TABLES["influences"].names}
    via_stop = implied_via_stops(rows, layers, stops_of(layers))
    return pa.table(columns | {"via_stop": via_stop, "skip": pa.repeat(False, len(rows))})


def _with_branches(layers: Sequence[Layer], hops: pads.Dataset | None, source: str) -> tuple[Layer, ...]:
    if all(sum(STANDARD_BRANCHES[layer.name]) == layer.channels for layer in layers):
        return tuple(replace(layer, branches=STANDARD_BRANCHES[layer.name]) for layer in layers)
    if hops is None:
        return tuple(layers)
    return tuple(replace(layer, branches=_branches_seen(layer, hops, source)) for layer in layers)


def _branches_seen(layer: Layer, hops: pads.Dataset, source: str) -> tuple[int, int, int, int] | None:
    """Branch widths estimated from hops: a branch starts at its lowest output."""
    of_layer = (pc.field("layer") == layer.name) & (pc.field("stage") != "reduce")
    rows = hops.to_table(columns=["branch", "output"], filter=of_layer)
    lowest = rows.group_by("branch").aggregate([("output", "min")]).to_pylist()
    starts = {row["branch"]: row["output_min"] for row in lowest}
    if not starts:
        return None
    bounds = [layer.channels]
    for branch in reversed(BRANCHES[1:]):
        bounds.append(starts.get(branch, bounds[-1]))
    if bounds != sorted(bounds, reverse=True):
        raise CountFilesError(f"{source}: the branches of {layer.name} overlap in hops.parquet")
    pool, five, three = bounds[1:]
    return three, five - three, pool - five, layer.channels - pool


def stops_of(layers: Sequence[Layer]) -> tuple[CountedStop, ...]:
    """What the channels of InceptionV1 read; empty where the widths of its branches are unknown."""
    if any(layer.branches is None for layer in layers):
        return ()
    return inception_stops(layers, {layer.name: _bottlenecks(layer) for layer in layers})


def _bottlenecks(layer: Layer) -> tuple[int, int]:
    if layer.branches == STANDARD_BRANCHES[layer.name]:
        return STANDARD_BOTTLENECKS[layer.name]
    most = min(MOST_CHANNELS, _BOTTLENECKS * layer.channels)
    return most, most
