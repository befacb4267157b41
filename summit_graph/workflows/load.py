"""Load counts into the graph: each class is written, ranked and then published (SPEC 5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from summit_graph.counts.baseline_files import BASELINES, copy_baselines
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import ClassTables, Manifest, with_influences
from summit_graph.counts.via_stops import stored_tables
from summit_graph.ranking.engine import choose_engine
from summit_graph.ranking.pagerank import Ranker, check_selection
from summit_graph.records import Engine, SelectedBy
from summit_graph.store.class_writer import pending_class, publish_class, write_counts
from summit_graph.store.connection import Database, repeated
from summit_graph.store.migration import prepare_to_write
from summit_graph.store.networks import Network, baseline_folder, open_network
from summit_graph.store.schema import create_schema
from summit_graph.system.atomic_files import write_whole
from summit_graph.views.classes import StoredClass, list_classes

#: Disk space of an influence that is written online: in the store and in the transaction log.
INFLUENCE_BYTES = 250

Kept = TypeVar("Kept", dict[str, Any], list[int])


class NetworkLoader:
    """Adds classes to a network, or replaces them.

    Args:
        selected_by, engine: as of ``Ranker``.

    Raises:
        SummitGraphError: the named network was made with other weights, input, parameters or layers.
        DatabaseError: GDS was asked for, and it is missing or too old.
    """

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        network: str | None,
        *,
        selected_by: SelectedBy = "pagerank",
        engine: Engine | None = None,
    ) -> None:
        check_selection(selected_by, manifest.parameters)
        engine = choose_engine(database, engine)  # before anything is written
        create_schema(database)
        prepare_to_write(database)
        self.database = database
        self.manifest = manifest
        self.network: Network = open_network(database, manifest, network)
        self.ranker = Ranker(
            database, self.network, manifest.parameters, selected_by=selected_by, engine=engine
        )

    def load_class(self, tables: ClassTables) -> int:
        """Write, rank and publish a class and return its id; until then readers see its previous state."""
        name = tables.summary.name
        counted = stored_tables(with_influences(tables, self.manifest), self.manifest)
        influences = 0 if counted.influences is None else counted.influences.num_rows
        self.database.check_room(influences * INFLUENCE_BYTES)

        def load() -> int:
            with pending_class(self.database, self.network.name, tables.summary) as class_id:
                write_counts(self.database, self.ranker.channels, class_id, counted)
                self.ranker.rank_class(class_id, name)
                publish_class(self.database, self.network, class_id, name)
            return class_id

        return repeated(load)


def load_counts(
    database: Database,
    counts: CountFolder,
    network: str | None,
    *,
    names: Sequence[str],
    selected_by: SelectedBy = "pagerank",
    engine: Engine | None = None,
    on_class: Callable[[str], None] = lambda name: None,
) -> Network:
    """Load and rank classes of a count folder; returns the network.

    Args:
        names: of the classes.
        selected_by, engine: as of ``Ranker``.
        on_class: called after each class.
    """
    counts.check_loadable(names)
    loader = NetworkLoader(database, counts.manifest, network, selected_by=selected_by, engine=engine)
    for name in names:
        loader.load_class(counts.read_class(name))
        on_class(name)
    keep_baselines(counts, loader.network)
    return loader.network


def keep_baselines(counts: CountFolder, network: Network) -> None:
    """Keep the sums of a count folder with the network, for the baseline of classes that are added later."""
    copy_baselines(counts.path / BASELINES, baseline_folder(network))


class LoadedClasses:
    """Classes that an unfinished run has loaded and that are still in the graph."""

    def __init__(self, file: Path, loader: NetworkLoader) -> None:
        self._file = file
        stored = list_classes(loader.database, loader.network.name)
        in_graph = {(one.id, one.summary.name) for one in stored}
        # Ids are small numbers that a new store assigns again: the store must be the same one.
        self._store = [loader.database.identity, loader.network.name, loader.network.created]
        if loader.ranker.selected_by != "pagerank":
            self._store.append(loader.ranker.selected_by)
        known = _read_kept(file, dict)
        loaded = known["classes"] if known.get("store") == self._store else {}
        self._ids = {content: one for content, one in loaded.items() if tuple(one) in in_graph}

    def __len__(self) -> int:
        return len(self._ids)

    def has(self, tables: ClassTables) -> bool:
        """Whether the class is in the graph with exactly these counts."""
        return _content_of(tables) in self._ids

    def add(self, tables: ClassTables, class_id: int) -> None:
        """Record a loaded class."""
        self._ids[_content_of(tables)] = [class_id, tables.summary.name]
        write_whole(self._file, json.dumps({"store": self._store, "classes": self._ids}))


class RankedClasses:
    """Classes that an unfinished ``rank`` has ranked, by id."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ranked.json"
        self._ids = set(_read_kept(self._file, list))

    def has(self, stored: StoredClass) -> bool:
        """Whether this state of the class was ranked."""
        return stored.id in self._ids

    def add(self, stored: StoredClass) -> None:
        """Record a ranked class."""
        self._ids.add(stored.id)
        write_whole(self._file, json.dumps(sorted(self._ids)))

    def forget(self) -> None:
        """Delete the record of a finished run."""
        self._file.unlink(missing_ok=True)


def _read_kept(file: Path, kind: type[Kept]) -> Kept:
    """What an earlier run wrote; empty if the file is missing or damaged by a crash of the machine."""
    try:
        known = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return kind()
    return known if isinstance(known, kind) else kind()


def _content_of(tables: ClassTables) -> str:
    """A fingerprint of everything counted for a class."""
    digest = hashlib.sha256(repr(tables.summary).encode())
    for table in (tables.activations, tables.hops, tables.outputs):
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        digest.update(stream.getvalue())
    return digest.hexdigest()
