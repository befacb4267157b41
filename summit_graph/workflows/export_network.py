"""Export a network: count files that can be loaded, each class's attribution graph as JSON, and labels.

A network with attribution graphs only is exported in the published form.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from neo4j import Record

from summit_graph.channel_labels.files import LabelFile, write_label_file
from summit_graph.counts.baseline_files import BASELINES, copy_baselines
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.format_1 import stops_of
from summit_graph.counts.manifest import (
    HOPS_SCHEMA,
    TABLES,
    ClassTables,
    Manifest,
    sorted_rows,
    stops_from_json,
)
from summit_graph.counts.via_stops import counted_tables
from summit_graph.counts.writer import LABELS_FILE, write_count_folder
from summit_graph.errors import CountFilesError
from summit_graph.formats.graph_text import to_json_text
from summit_graph.formats.published import to_published_text
from summit_graph.names import file_for, is_part, path_below, shortened
from summit_graph.records import CountedStop, Layer
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, baseline_folder
from summit_graph.system.atomic_files import check_writable, write_whole
from summit_graph.system.listener import SILENT, OnClass
from summit_graph.views.channel_labels import read_label_state, read_labels
from summit_graph.views.classes import StoredClass, list_classes, read_consistently
from summit_graph.views.graphs import graph_of, read_layers
from summit_graph.views.published import read_imported_graph


def export_network(
    database: Database, network: Network, folder: Path, *, on_class: OnClass = SILENT.on_class
) -> None:
    """Write a network as count files and ``graphs/<class>.json``, an imported one as ``ag/ag-<output>.json``.

    The labels of its channels are in ``labels.parquet``. The graph has merged influences, not single hops:
    the folder can be loaded but not merged.

    Files of an earlier export whose classes no longer exist are removed.

    Raises:
        CountFilesError: the folder has counted hops, which would be lost, or published graphs of other
            classes; or no file can be named after a class.
    """
    if network.parameters is None or network.weights_sha256 is None:
        _write_published(database, network.name, folder / "ag", on_class)
        return
    _refuse_hops(folder)
    files = _graph_files(database, network.name)
    check_writable(folder / "graphs")
    layers = read_layers(database, network.name)
    manifest = Manifest(
        model=network.model,
        weights_sha256=network.weights_sha256,
        parameters=network.parameters,
        layers=tuple(layers),
        dataset=network.dataset,
        stops=_stops(database, network.name, layers),
        input=network.input,
        weights=network.weights,
    )
    _remove_former(folder, files.values())
    paths = {name: folder / "graphs" / file for name, file in files.items()}
    classes = _classes(database, network.name, manifest, paths, on_class)
    write_count_folder(folder, manifest, classes, tables=("activations", "influences", "outputs"))
    copy_baselines(baseline_folder(network), folder / BASELINES)
    _write_labels(database, network.name, folder / LABELS_FILE)


def _write_labels(database: Database, network: str, file: Path) -> None:
    state = read_label_state(database, network)
    if state is not None:
        labels = read_labels(database, network)
        labelling = state.labelling
        write_label_file(file, LabelFile(labels, labelling.sources, state.current, labelling.concepts))


def _stops(database: Database, network: str, layers: Sequence[Layer]) -> tuple[CountedStop, ...]:
    """What the channels read; networks of earlier versions, which do not record it, are of InceptionV1."""
    text = database.read("view/network_stops", network=network)[0]["stops"]
    return stops_from_json(json.loads(text)) if text else stops_of(layers)


def _refuse_hops(folder: Path) -> None:
    """Counting may take days, and hops cannot be restored from the graph."""
    if (folder / "hops.parquet").exists():
        raise CountFilesError(
            f"{folder} holds counted hops (hops.parquet), which an export would delete: name another folder"
        )


def _write_published(database: Database, network: str, folder: Path, on_class: OnClass) -> None:
    files = _published_files(database, network, folder)
    _refuse_others(folder, files.values())
    check_writable(folder)
    for name, file in files.items():
        write_whole(file, to_published_text(read_imported_graph(database, network, name)))
        on_class(name)


def _published_files(database: Database, network: str, folder: Path) -> dict[str, Path]:
    """The file of each class, named after its output; CountFilesError if two classes share one."""
    files: dict[str, Path] = {}
    for summary in (stored.summary for stored in list_classes(database, network)):
        file = folder / f"ag-{summary.output}.json"
        if summary.output is None or file in files.values():
            raise CountFilesError(
                f"class {summary.name!r} cannot be exported: its file is named after its output, "
                "and it has none, or shares it"
            )
        files[summary.name] = file
    return files


def _refuse_others(folder: Path, files: Collection[Path]) -> None:
    """Other graphs may be the authors' own files, so they are not removed."""
    if others := sorted(set(folder.glob("ag-*.json")).difference(files)):
        raise CountFilesError(
            f"{others[0]} belongs to no class of this network: name another folder, or remove the file"
        )


def _graph_files(database: Database, network: str) -> dict[str, str]:
    """The file of each class's graph; CountFilesError if no file can be named after a class."""
    names = [stored.summary.name for stored in list_classes(database, network)]
    for name in names:
        if not is_part(name):
            raise CountFilesError(
                f"class {shortened(name)!r} cannot be exported: no file can be named after it"
            )
    return {name: file_for(name, ".json") for name in names}


def _remove_former(folder: Path, files: Collection[str]) -> None:
    """Remove graphs of an earlier export whose classes no longer exist."""
    if not (folder / "manifest.json").is_file():
        return
    former = {file_for(name, ".json") for name in filter(is_part, CountFolder(folder).manifest.images)}
    for file in former.difference(files):
        path_below(folder, f"graphs/{file}", follow=True).unlink(missing_ok=True)


def _classes(
    database: Database, network: str, manifest: Manifest, files: Mapping[str, Path], on_class: OnClass
) -> Iterator[ClassTables]:
    for name, file in files.items():
        graph, tables = read_consistently(
            database, network, name, lambda one: (graph_of(database, network, one), _tables(database, one))
        )
        write_whole(file, to_json_text(graph) + "\n")
        yield counted_tables(tables, manifest)
        on_class(name)


def _tables(database: Database, stored: StoredClass) -> ClassTables:
    which = {"class": stored.id}
    relevance = database.read("view/class_relevance", **which)
    return ClassTables(
        summary=stored.summary,
        activations=_table(database.read("view/class_activations", **which), "activations"),
        hops=HOPS_SCHEMA.empty_table(),
        influences=_table(database.read("view/class_influences", **which), "influences"),
        outputs=_table(database.read("view/class_outputs", **which), "outputs"),
        relevance=_table(relevance, "relevance") if relevance else None,
    )


def _table(rows: Sequence[Record], name: str) -> pa.Table:
    schema = TABLES[name]
    columns = {column: [row[column] for row in rows] for column in schema.names}
    return sorted_rows(name, pa.table(columns, schema=schema))
