"""Import the authors' published attribution graphs, or an export of this program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from summit_graph.counts.folder import CountFolder
from summit_graph.errors import SummitGraphError
from summit_graph.formats.published import PublishedFolder, find_published, published_layers
from summit_graph.store.attribution_graphs import open_imported_network, write_attribution_graph
from summit_graph.store.class_writer import pending_class, publish_class
from summit_graph.store.connection import Database
from summit_graph.store.removal import clear_leftovers
from summit_graph.store.schema import create_schema
from summit_graph.workflows.load import NetworkLoader

#: The authors' model and dataset.
PUBLISHED_MODEL, PUBLISHED_DATASET = "inception5h", "imagenet"

#: Called with the name of the next class and the number of classes.
OnClass = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """Result of an import: the network, the number of classes, and the folder of pictures (or None)."""

    network: str
    classes: int
    pictures: Path | None = None


def import_path(
    database: Database, path: Path, *, network: str | None = None, on_class: OnClass | None = None
) -> Imported:
    """Import a folder of published results or of an export; existing classes are replaced.

    Raises:
        SummitGraphError: the path has neither, a file is damaged, or the network does not fit.
    """
    if not path.exists():
        raise SummitGraphError(f"{path} does not exist")
    on_class = on_class or (lambda name, classes: None)
    if (path / "manifest.json").is_file():
        return _import_counts(database, CountFolder(path), network, on_class)
    return _import_published(database, find_published(path), network, on_class)


def _import_counts(
    database: Database, counts: CountFolder, network: str | None, on_class: OnClass
) -> Imported:
    counts.verify()
    counts.check_loadable(list(counts.summaries))
    loader = NetworkLoader(database, counts.manifest, network)
    for name in counts.summaries:
        on_class(name, len(counts.summaries))
        loader.load_class(counts.read_class(name))
    return Imported(loader.network.name, len(counts.summaries))


def _import_published(
    database: Database, folder: PublishedFolder, network: str | None, on_class: OnClass
) -> Imported:
    """Read all files first, so that a damaged one ends the import before anything is written."""
    name = network or f"{PUBLISHED_MODEL}-{PUBLISHED_DATASET}"
    graphs = list(folder.read_graphs(name))
    create_schema(database)
    clear_leftovers(database)
    open_imported_network(
        database,
        name,
        model=PUBLISHED_MODEL,
        dataset=PUBLISHED_DATASET,
        layers=published_layers([published.graph for published in graphs], folder.pictures),
        pictures=folder.pictures,
    )
    for published in graphs:
        summary = published.graph.summary
        on_class(summary.name, len(graphs))
        with pending_class(database, name, summary) as class_id:
            write_attribution_graph(database, class_id, published.graph, published.attr_channels)
            publish_class(database, name, class_id, summary.name)
    return Imported(name, len(graphs), folder.pictures)
