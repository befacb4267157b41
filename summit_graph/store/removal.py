"""Removes classes and networks: hidden in one transaction, then deleted in batches.

A class or network is first *retired*, which hides it from readers. If the deletion is interrupted, the next
writer finishes it.
"""

from __future__ import annotations

from collections.abc import Callable

from neo4j import ManagedTransaction

from summit_graph.settings import WritingSettings
from summit_graph.store.connection import Database, repeated, run
from summit_graph.store.networks import Network
from summit_graph.system.owners import owner_lives

OnCleared = Callable[[int], None]


def remove_class(database: Database, network: str, name: str, *, on_cleared: OnCleared | None = None) -> None:
    """Hide a class from readers and delete it."""

    def retire(transaction: ManagedTransaction) -> None:
        run(transaction, "load/lock_network", network=network, created=None)
        run(transaction, "load/retire_former_class", network=network, name=name)
        run(transaction, "load/count_network", network=network)

    def remove() -> None:
        if database.written_classes:
            database.written_classes.drop(network, name)
        database.transaction(retire)
        clear_retired(database, on_cleared=on_cleared)

    repeated(remove)


def remove_network(database: Database, network: Network, *, on_cleared: OnCleared | None = None) -> None:
    """Hide a network with all its classes from readers and delete it; not one of its name created since."""

    def remove() -> None:
        if database.written_classes:
            database.written_classes.drop(network.name)
        for row in database.read("load/pending_classes"):
            if row["network"] == network.name and not owner_lives(row["writer"], idle=row["idle"]):
                database.write("load/retire_pending_class", **{"class": row["id"]})
        database.write("load/retire_network", network=network.name, created=network.created)
        clear_retired(database, on_cleared=on_cleared)

    repeated(remove)


def classes_being_written(database: Database) -> list[str]:
    """Names of the classes that live processes are writing, with their networks: ``birds/owl``."""
    return [
        f"{row['network']}/{row['name']}"
        for row in database.read("load/pending_classes")
        if owner_lives(row["writer"], idle=row["idle"])
    ]


def clear_leftovers(database: Database) -> None:
    """Delete what a killed writer or an interrupted removal left."""
    for row in database.read("load/pending_classes"):
        if not owner_lives(row["writer"], idle=row["idle"]):
            database.write("load/retire_pending_class", **{"class": row["id"]})
    clear_retired(database)


def clear_retired(database: Database, *, on_cleared: OnCleared | None = None) -> None:
    """Delete every retired class and network; ``on_cleared`` gets the number of elements deleted."""
    for row in database.read("load/retired_classes"):
        _clear_class(database, row["id"], on_cleared)
    for row in database.read("load/retired_networks"):
        for query in ("load/clear_motifs", "load/delete_groups", "load/clear_channels"):
            _delete_all(database, query, on_cleared, network=row["name"])
        database.write("load/clear_network", network=row["name"])


def _clear_class(database: Database, class_id: int, on_cleared: OnCleared | None) -> None:
    for query in ("clear_influences", "clear_selected_influences", "clear_class_relationships"):
        _delete_all(database, f"load/{query}", on_cleared, **{"class": class_id})
    database.write("load/clear_class_node", **{"class": class_id})


def _delete_all(database: Database, query: str, on_cleared: OnCleared | None, **which: object) -> None:
    limit = WritingSettings().batch
    deleted = limit
    while deleted == limit:
        deleted = database.write(query, limit=limit, **which)[0]["deleted"]
        if on_cleared:
            on_cleared(deleted)
