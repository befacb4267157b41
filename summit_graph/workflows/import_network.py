"""Import the authors' published attribution graphs, or an export of this program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from summit_graph.channel_labels.files import LabelFile, read_label_file
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.writer import LABELS_FILE
from summit_graph.errors import SummitGraphError
from summit_graph.formats.published import PublishedFolder, find_published, published_layers
from summit_graph.store.attribution_graphs import open_imported_network, write_attribution_graph
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.class_writer import pending_class, publish_class
from summit_graph.store.connection import Database
from summit_graph.store.migration import prepare_to_write
from summit_graph.store.schema import create_schema
from summit_graph.system.listener import SILENT, Listener
from summit_graph.views.classes import list_classes
from summit_graph.workflows.label import labelling_of
from summit_graph.workflows.load import NetworkLoader, keep_baselines

#: The authors' model and dataset.
PUBLISHED_MODEL, PUBLISHED_DATASET = "inception5h", "imagenet"


#: What becomes of labels: they are left out where the network also has other classes.
LabelsFate = Literal["stored", "left out"]


@dataclass(frozen=True, slots=True)
class Imported:
    """Result of an import.

    Attributes:
        pictures: their folder, which stays in use; None without pictures.
        labels: what became of the labels of channels; None if there were none.
    """

    network: str
    classes: int
    pictures: Path | None = None
    labels: LabelsFate | None = None


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
    labels = _read_labels(counts)
    loader = NetworkLoader(database, counts.manifest, network)
    listener.on_stage("loading and ranking", len(counts.summaries))
    for name in counts.summaries:
        loader.load_class(counts.read_class(name))
        listener.on_class(name)
    keep_baselines(counts, loader.network)
    imported = Imported(loader.network.name, len(counts.summaries))
    if labels is None:
        return imported
    return replace(imported, labels=_write_labels(database, loader.network.name, labels, counts))


def _read_labels(counts: CountFolder) -> LabelFile | None:
    file = counts.path / LABELS_FILE
    return read_label_file(file) if file.exists() else None


def _write_labels(database: Database, network: str, found: LabelFile, counts: CountFolder) -> LabelsFate:
    """Store the labels, unless the network has other classes too: labels are made of all classes."""
    classes = list_classes(database, network)
    if {stored.summary.name for stored in classes} != set(counts.summaries):
        return "left out"
    labelling = replace(labelling_of(classes, *found.sources), concepts=found.concepts)
    write_labels(
        database, network, found.labels, labelling if found.current else replace(labelling, newest=0)
    )
    return "stored"


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
