"""Counts into the graph: each class is written, ranked and only then shown (SPEC 5)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from summit_graph.counts.folder import ClassTables, Manifest, with_influences
from summit_graph.errors import CountFilesError
from summit_graph.ranking.pagerank import Ranker
from summit_graph.store.class_writer import pending_class, publish_class, write_counts
from summit_graph.store.connection import Database, require_gds
from summit_graph.store.networks import Network, open_network
from summit_graph.store.removal import clear_leftovers
from summit_graph.store.schema import create_schema
from summit_graph.system.atomic_files import write_whole
from summit_graph.views.classes import StoredClass, list_classes
from summit_graph.views.graphs import read_layers

Kept = TypeVar("Kept", dict[str, Any], list[int])


class NetworkLoader:
    """Adds classes to one network, or replaces them.

    Raises:
        SummitGraphError: the named network was made with other weights or parameters.
        DatabaseError: GDS is absent or too old to rank.
    """

    def __init__(self, database: Database, manifest: Manifest, network: str | None) -> None:
        require_gds(database)  # before anything is written
        create_schema(database)
        clear_leftovers(database)
        self.database = database
        self.manifest = manifest
        self.network: Network = open_network(database, manifest, network)
        _check_layers(database, self.network.name, manifest)
        self.ranker = Ranker(database, self.network.name, manifest.parameters)

    def load_class(self, tables: ClassTables) -> int:
        """Write, rank and show one class; readers see its former state until then. Returns its id."""
        network, name = self.network.name, tables.summary.name
        counted = with_influences(tables, self.manifest)
        with pending_class(self.database, network, tables.summary) as class_id:
            write_counts(self.database, self.ranker.channels, class_id, counted)
            self.ranker.rank_class(class_id, name)
            publish_class(self.database, network, class_id, name)
        return class_id


def _check_layers(database: Database, network: str, manifest: Manifest) -> None:
    """The same weights have the same layers, unless a manifest says otherwise."""
    stored = {layer.name: layer.channels for layer in read_layers(database, network)}
    counted = {layer.name: layer.channels for layer in manifest.layers}
    if stored != counted:
        raise CountFilesError(f"network {network} has other layers than these counts: count the images again")


class LoadedClasses:
    """Which classes an unfinished run has loaded already: as they were counted, and still in the graph."""

    def __init__(self, file: Path, loader: NetworkLoader) -> None:
        self._file = file
        stored = list_classes(loader.database, loader.network.name)
        there = {(one.id, one.summary.name) for one in stored}
        # Ids are small numbers that a fresh store hands out anew: the store must be the same one.
        self._store = [loader.database.identity, loader.network.name, loader.network.created]
        known = _read_kept(file, dict)
        loaded = known["classes"] if known.get("store") == self._store else {}
        self._ids = {content: one for content, one in loaded.items() if tuple(one) in there}

    def __len__(self) -> int:
        return len(self._ids)

    def has(self, tables: ClassTables) -> bool:
        """Whether the class stands in the graph with these very counts."""
        return _content_of(tables) in self._ids

    def add(self, tables: ClassTables, class_id: int) -> None:
        """Remember a class that was loaded."""
        self._ids[_content_of(tables)] = [class_id, tables.summary.name]
        write_whole(self._file, json.dumps({"store": self._store, "classes": self._ids}))


class RankedClasses:
    """Which classes an unfinished ``rank`` has ranked already, by their ids."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ranked.json"
        self._ids = set(_read_kept(self._file, list))

    def has(self, stored: StoredClass) -> bool:
        """Whether this very state of the class was ranked."""
        return stored.id in self._ids

    def add(self, stored: StoredClass) -> None:
        """Remember a class that was ranked."""
        self._ids.add(stored.id)
        write_whole(self._file, json.dumps(sorted(self._ids)))

    def forget(self) -> None:
        """The run is finished: the next one begins anew."""
        self._file.unlink(missing_ok=True)


def _read_kept(file: Path, kind: type[Kept]) -> Kept:
    """What an earlier run wrote; nothing where the file is missing or a crash of the machine damaged it."""
    try:
        known = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return kind()
    return known if isinstance(known, kind) else kind()


def _content_of(tables: ClassTables) -> str:
    """A fingerprint of everything counted for a class."""
    digest = hashlib.sha256(repr(tables.summary).encode())
    for table in (tables.activations, tables.hops):
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        digest.update(stream.getvalue())
    return digest.hexdigest()
