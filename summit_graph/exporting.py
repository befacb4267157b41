"""A network out of the graph: count files that load again, and each class's attribution graph as JSON.

A network of attribution graphs alone goes out in the published form that it came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from neo4j import Record

from summit_graph.counts import ACTIVATIONS_SCHEMA, HOPS_SCHEMA, ClassTables, Manifest, write_count_folder
from summit_graph.errors import CountFilesError
from summit_graph.formats import show_json
from summit_graph.merging import INFLUENCES_SCHEMA
from summit_graph.published import show_published
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network
from summit_graph.views.classes import StoredClass, list_classes, read_consistently
from summit_graph.views.graphs import graph_of, read_layers
from summit_graph.views.published import read_imported_graph

OnClass = Callable[[str], None]


def export_network(
    database: Database, network: Network, folder: Path, *, on_class: OnClass | None = None
) -> None:
    """Write a network as count files and ``graphs/<class>.json``, an imported one as ``ag/ag-<output>.json``.

    The graph holds merged influences, not single hops: the folder loads again, but does not merge.

    Raises:
        CountFilesError: the folder holds counted hops, which would be lost.
    """
    hear = on_class or (lambda name: None)
    if network.parameters is None or network.weights_sha256 is None:
        _write_published(database, network.name, folder / "ag", hear)
        return
    _spare_hops(folder)
    manifest = Manifest(
        model=network.model,
        weights_sha256=network.weights_sha256,
        parameters=network.parameters,
        layers=tuple(read_layers(database, network.name)),
        dataset=network.dataset,
    )
    classes = _classes(database, network.name, folder / "graphs", hear)
    write_count_folder(folder, manifest, classes, tables=("activations", "influences"))


def _spare_hops(folder: Path) -> None:
    """Counting may have taken days, and no graph gives hops back."""
    if (folder / "hops.parquet").exists():
        raise CountFilesError(
            f"{folder} holds counted files (hops.parquet), which an export would replace and does not have: "
            "name another folder"
        )


def _write_published(database: Database, network: str, folder: Path, on_class: OnClass) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stored in list_classes(database, network):
        on_class(stored.summary.name)
        published = read_imported_graph(database, network, stored.summary.name)
        (folder / f"ag-{stored.summary.output}.json").write_text(show_published(published), "utf-8")


def _classes(database: Database, network: str, graphs: Path, on_class: OnClass) -> Iterator[ClassTables]:
    graphs.mkdir(parents=True, exist_ok=True)
    for stored in list_classes(database, network):
        name = stored.summary.name
        on_class(name)
        graph, tables = read_consistently(
            database, network, name, lambda one: (graph_of(database, network, one), _tables(database, one))
        )
        (graphs / f"{name}.json").write_text(show_json(graph) + "\n", "utf-8")
        yield tables


def _tables(database: Database, stored: StoredClass) -> ClassTables:
    which = {"class": stored.id}
    return ClassTables(
        summary=stored.summary,
        activations=_table(database.read("view/class_activations", **which), ACTIVATIONS_SCHEMA),
        hops=HOPS_SCHEMA.empty_table(),
        influences=_table(database.read("view/class_influences", **which), INFLUENCES_SCHEMA),
    )


def _table(rows: Sequence[Record], schema: pa.Schema) -> pa.Table:
    columns = {name: [row[name] for row in rows] for name in schema.names}
    return pa.table(columns, schema=schema)
