"""Writes a count folder as CSV for Neo4j's offline importer, with a few classes in memory at a time.

Nodes are numbered from 0: network, counter, layers, channels, classes. These numbers become the node ids of
the store (``--id-type=actual``), so the importer needs no lookup.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import RELEVANCE_SCHEMA, ClassTables, Manifest
from summit_graph.counts.via_stops import may_store_via_stops, stored_tables
from summit_graph.errors import CountFilesError
from summit_graph.images.input_rule import rule_text
from summit_graph.records import Layer
from summit_graph.store.channels import Ints, numbers_of
from summit_graph.store.networks import stops_text
from summit_graph.system.listener import SILENT, OnClass
from summit_graph.system.prefetch import prefetch

NODES = ("Network", "Counter", "Layer", "Channel", "Class")
RELATIONSHIPS = (
    "HAS_LAYER",
    "HAS_CHANNEL",
    "HAS_CLASS",
    "ACTIVATES",
    "INFLUENCES",
    "SUPPORTS",
    "CONTRIBUTES",
)
HEADERS = {
    "Network": (
        "name,model,weights_sha256,weights,dataset,parameters,input,stops,created:datetime,images:long,classes:long"
    ),
    "Counter": "name,value:long",
    "Layer": "network,name,position:long,channels:long,size:long[]",
    "Channel": "id,network,layer,index:long,branch",
    "Class": "id:long,network,name,title,output:long,images:long,top1:long,top5:long,histogram:long[],"
    "base,outcome",
    "HAS_LAYER": "",
    "HAS_CHANNEL": "",
    "HAS_CLASS": "",
    "ACTIVATES": "count:long",
    "INFLUENCES": "class_id:long,count:long,via:long",
    "SUPPORTS": "class_id:long,count:long",
    "CONTRIBUTES": "class_id:long,relevance:double",
}
#: Columns of INFLUENCES that are written only for networks with such influences.
RARE_COLUMNS = {"via_stop": "via_stop", "skip": "skip:boolean"}
_WITHOUT_HEADER = pacsv.WriteOptions(include_header=False, quoting_style="needed", batch_size=1 << 14)
#: Classes in memory in addition to the one that is written.
AHEAD = 2


@dataclass(frozen=True)
class ImportFiles:
    """The importer's input in a folder, and the number of relationships of each class.

    ``influences``, ``activations``, ``outputs`` and ``relevance`` count rows by class name; class number n is
    the n-th name, from 1.
    ``multiline`` is True if a name contains a line break.
    """

    folder: Path
    multiline: bool
    influences: dict[str, int] = field(default_factory=dict)
    activations: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    relevance: dict[str, int] = field(default_factory=dict)

    def arguments(self, folder: str = "") -> list[str]:
        """The arguments after ``neo4j-admin database import full neo4j``, to run in the folder or above it.

        Paths are relative, because the importer reads commas and patterns in them.

        Args:
            folder: the path from the working folder to the files.
        """
        named = [*((f"--nodes={label}", label) for label in NODES)]
        named += [*((f"--relationships={kind}", kind) for kind in RELATIONSHIPS)]
        inputs = [f"{option}={PurePosixPath(folder, name)}.csv" for option, name in named]
        options = ["--id-type=actual", f"--report-file={PurePosixPath(folder, 'import.report')}"]
        if self.multiline:
            options.append("--multiline-fields=true")  # slower
        return [*options, *inputs]


class _Numbering:
    """Node ids of the store: network 0, counter 1, then layers, channels and classes in order."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.first_layer = 2
        self.first_channel = self.first_layer + len(layers)
        sizes = [layer.channels for layer in layers]
        starts = np.cumsum([self.first_channel, *sizes]).tolist()
        numbers = (range(start, end) for start, end in pairwise(starts))
        self.layer_numbers = {layer.name: one for layer, one in zip(layers, numbers, strict=True)}
        self.first_class = starts[-1]

    def channels(self, layers: pa.ChunkedArray, indices: pa.ChunkedArray, *, of: str) -> Ints:
        """The node ids of channels, given as columns of layer names and indices."""
        return numbers_of(self.layer_numbers, layers, indices, of=of)


def write_import_files(
    counts: CountFolder, network: str, folder: Path, *, on_class: OnClass = SILENT.on_class
) -> ImportFiles:
    """Write the importer's input for one network; ``folder`` is created if missing.

    Raises:
        CountFilesError: a class has no activation, so it cannot be ranked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbering = _Numbering(counts.manifest.layers)
    _write_nodes(folder, counts, network, numbering)
    files = ImportFiles(folder, _has_line_breaks(counts))
    with ExitStack() as open_files:
        activates = open_files.enter_context(_headed(folder, "ACTIVATES"))
        influences = open_files.enter_context(_headed(folder, "INFLUENCES", _rare_columns(counts.manifest)))
        supports = open_files.enter_context(_headed(folder, "SUPPORTS"))
        contributes = open_files.enter_context(_headed(folder, "CONTRIBUTES"))
        for name, rows in zip(counts.summaries, _rows_ahead(counts, numbering), strict=True):
            files.activations[name], files.influences[name] = rows.numbers[:2]
            files.outputs[name], files.relevance[name] = rows.numbers[2:]
            if not files.activations[name]:
                raise CountFilesError(
                    f"class {name!r} has no activation at all, so it has no attribution graph: leave it out"
                )
            activates.write(rows.activates)
            influences.write(rows.influences)
            supports.write(rows.supports)
            contributes.write(rows.contributes)
            on_class(name)
    return files


def _has_line_breaks(counts: CountFolder) -> bool:
    texts = [text for one in counts.summaries.values() for text in (one.name, one.title)]
    texts += [counts.manifest.dataset, counts.manifest.model]
    return any(mark in text for text in texts for mark in "\r\n")


class _ClassRows(NamedTuple):
    """A class's relationships as CSV, and their numbers (activations, influences, outputs)."""

    activates: pa.Buffer
    influences: pa.Buffer
    supports: pa.Buffer
    contributes: pa.Buffer
    numbers: tuple[int, int, int, int]


def _rows_ahead(counts: CountFolder, numbering: _Numbering) -> Iterator[_ClassRows]:
    """The rows of every class in order; the next ones are prepared while one is written."""
    with ThreadPoolExecutor(AHEAD) as makers:
        numbered = enumerate(counts.summaries, start=1)
        started = (makers.submit(_class_rows, counts, name, numbering, number) for number, name in numbered)
        yield from (one.result() for one in prefetch(started, AHEAD))


def _class_rows(counts: CountFolder, name: str, numbering: _Numbering, number: int) -> _ClassRows:
    tables = stored_tables(counts.read_to_load(name), counts.manifest)
    activates = _activates(tables, numbering, number)
    influences = _influences(tables, numbering, number)
    left_out = [column for column in RARE_COLUMNS if column not in _rare_columns(counts.manifest)]
    influences = influences.drop_columns(left_out)
    supports = _to_class(tables.outputs, tables.summary.name, numbering, number)
    sums = RELEVANCE_SCHEMA.empty_table() if tables.relevance is None else tables.relevance
    contributes = _to_class(sums, tables.summary.name, numbering, number)
    numbers = len(activates), len(influences), len(supports), len(contributes)
    return _ClassRows(_csv(activates), _csv(influences), _csv(supports), _csv(contributes), numbers)


def _activates(tables: ClassTables, numbering: _Numbering, number: int) -> pa.Table:
    rows = tables.activations
    channels = numbering.channels(rows["layer"], rows["channel"], of=tables.summary.name)
    start = np.full(len(rows), numbering.first_class + number - 1, np.int64)
    return pa.table({"start": start, "end": channels, "count": rows["count"]})


def _influences(tables: ClassTables, numbering: _Numbering, number: int) -> pa.Table:
    rows, name = tables.influences, tables.summary.name
    assert rows is not None  # read_to_load derives them
    return pa.table(
        {
            "start": numbering.channels(rows["previous_layer"], rows["previous"], of=name),
            "end": numbering.channels(rows["layer"], rows["channel"], of=name),
            "class_id": np.full(len(rows), number, np.int64),
            "count": rows["count"],
            "via": rows["via"],
            "via_stop": rows["via_stop"],
            "skip": pc.if_else(rows["skip"], rows["skip"], None),
        }
    )


def _to_class(rows: pa.Table, name: str, numbering: _Numbering, number: int) -> pa.Table:
    """Relationships from channels to the class; the last column is their property."""
    return pa.table(
        {
            "start": numbering.channels(rows["layer"], rows["channel"], of=name),
            "end": np.full(len(rows), numbering.first_class + number - 1, np.int64),
            "class_id": np.full(len(rows), number, np.int64),
            rows.column_names[-1]: rows[-1],
        }
    )


def _rare_columns(manifest: Manifest) -> list[str]:
    """The columns of INFLUENCES that this network's influences may fill."""
    skips = any(reads.skip for stop in manifest.stops for reads in stop.reads)
    with_stops = may_store_via_stops(manifest.layers, manifest.stops)
    return ["via_stop"] * with_stops + ["skip"] * skips


def _csv(table: pa.Table) -> pa.Buffer:
    stream = pa.BufferOutputStream()
    pacsv.write_csv(table, stream, _WITHOUT_HEADER)
    return stream.getvalue()


def _write_nodes(folder: Path, counts: CountFolder, network: str, numbering: _Numbering) -> None:
    layers, classes = counts.manifest.layers, list(counts.summaries.values())
    images = sum(summary.images for summary in classes)
    _write(folder, "Network", [[0, *_network(counts.manifest, network), images, len(classes)]])
    _write(folder, "Counter", [[1, "class", len(classes)]])
    layer_rows = [
        [numbering.first_layer + at, network, layer.name, layer.position, layer.channels, _list(layer.size)]
        for at, layer in enumerate(layers)
    ]
    _write(folder, "Layer", layer_rows)
    _write(folder, "Channel", _channels(layers, network, numbering))
    class_rows = [
        [numbering.first_class + at, at + 1, network, *_class_properties(summary)]
        for at, summary in enumerate(classes)
    ]
    _write(folder, "Class", class_rows)
    _write(folder, "HAS_LAYER", [[0, row[0]] for row in layer_rows])
    _write(folder, "HAS_CLASS", [[0, row[0]] for row in class_rows])
    _write(folder, "HAS_CHANNEL", _layer_channels(layers, numbering))


def _network(manifest: Manifest, name: str) -> list[Any]:
    parameters = json.dumps(manifest.parameters.to_json())
    created = datetime.now(UTC).isoformat(timespec="seconds")
    rule, stops = rule_text(manifest.input), stops_text(manifest)
    weights = (manifest.weights_sha256, manifest.weights)
    return [name, manifest.model, *weights, manifest.dataset, parameters, rule, stops, created]


def _class_properties(summary: Any) -> list[Any]:
    accuracy = [summary.output, summary.images, summary.top1, summary.top5]
    return [summary.name, summary.title, *accuracy, _list(summary.histogram), summary.base, summary.outcome]


def _list(numbers: Sequence[int] | None) -> str | None:
    return None if numbers is None else ";".join(map(str, numbers))


def _channels(layers: Sequence[Layer], network: str, numbering: _Numbering) -> Iterator[list[Any]]:
    for layer in layers:
        start = numbering.layer_numbers[layer.name].start
        for index in range(layer.channels):
            name = f"{network}/{layer.name}/{index}"
            yield [start + index, name, network, layer.name, index, layer.branch_of(index)]


def _layer_channels(layers: Sequence[Layer], numbering: _Numbering) -> Iterator[list[int]]:
    for at, layer in enumerate(layers):
        start = numbering.layer_numbers[layer.name].start
        yield from ([numbering.first_layer + at, start + index] for index in range(layer.channels))


def _write(folder: Path, name: str, rows: Iterable[Sequence[Any]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(_header(name))
        csv.writer(stream).writerows(rows)


def _headed(folder: Path, name: str, more: Sequence[str] = ()) -> BinaryIO:
    stream = (folder / f"{name}.csv").open("wb")
    stream.write(_header(name, *(RARE_COLUMNS[column] for column in more)).encode())
    return stream


def _header(name: str, *more: str) -> str:
    ends = ":ID" if name in NODES else ":START_ID,:END_ID"
    return ",".join(filter(None, (ends, HEADERS[name], *more))) + "\n"
