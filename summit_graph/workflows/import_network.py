"""Import the authors' published attribution graphs, or an export of this program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from summit_graph.counts.folder import CountFolder
from summit_graph.errors import SummitGraphError
from summit_graph.formats.published import PublishedFolder, find_published, published_layers
from summit_graph.store.attribution_graphs import open_imported_network, write_attribution_graph
from summit_graph.store.class_writer import pending_class, publish_class
from summit_graph.store.connection import Database
from summit_graph.store.migration import prepare_to_write
from summit_graph.store.schema import create_schema
from summit_graph.system.listener import SILENT, Listener
from summit_graph.workflows.load import NetworkLoader, keep_baselines

#: The authors' model and dataset.
PUBLISHED_MODEL, PUBLISHED_DATASET = "inception5h", "imagenet"


@dataclass(frozen=True, slots=True)
class Imported:
    """Result of an import: the network, the number of classes, and the folder of pictures (or None)."""

    network: str
    classes: int
    pictures: Path | None = None


def import_path(
    database: Database, path: Path, *, network: str | None = None, listener: Listener = SILENT
) -> Imported:
    """Import a folder of published results or of an export; existing classes are replaced.

    Raises:
        SummitGraphError: the path has neither, a file is damaged, or the network does not fit.
    """
    if not path.exists():
        raise SummitGraphError(f"{path} does not exist")
    if (path / "manifest.json").is_file():
        return _import_counts(database, CountFolder(path), network, listener)
    return _import_published(database, find_published(path), network, listener)


def _import_counts(
    database: Database, counts: CountFolder, network: str | None, listener: Listener
) -> Imported:
    counts.verify()
    counts.check_loadable(list(counts.summaries))
    loader = NetworkLoader(database, counts.manifest, network)
    listener.on_stage("loading and ranking", len(counts.summaries))
    for name in counts.summaries:
        loader.load_class(counts.read_class(name))
        listener.on_class(name)
    keep_baselines(counts, loader.network)
    return Imported(loader.network.name, len(counts.summaries))


def _import_published(
    database: Database, folder: PublishedFolder, network: str | None, listener: Listener
) -> Imported:
    """Read all files first, so that a damaged one ends the import before anything is written."""
    name = network or f"{PUBLISHED_MODEL}-{PUBLISHED_DATASET}"
    graphs = list(folder.read_graphs(name))
    create_schema(database)
    prepare_to_write(database)
    opened = open_imported_network(
        database,
        name,
        model=PUBLISHED_MODEL,
        dataset=PUBLISHED_DATASET,
        layers=published_layers([published.graph for published in graphs], folder.pictures),
        pictures=folder.pictures,
    )
    listener.on_stage("writing", len(graphs))
    for published in graphs:
        summary = published.graph.summary
        with pending_class(database, name, summary) as class_id:
            write_attribution_graph(database, class_id, published.graph, published.attr_channels)
            publish_class(database, opened, class_id, summary.name)
        listener.on_class(summary.name)
    return Imported(name, len(graphs), folder.pictures)
