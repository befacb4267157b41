"""What changes while somebody reads: new classes, classes that are on their way."""

from __future__ import annotations

from summit_graph.store.connection import Database


def read_version(database: Database, network: str) -> str:
    """A text that is another one whenever a class of the network was added, replaced or removed."""
    row = database.read("view/network_version", network=network)[0]
    return f"{row['classes']}-{row['newest']}"


def read_coming(database: Database, network: str) -> list[str]:
    """The classes of the network that are being written now, by name."""
    return list(database.read("view/network_version", network=network)[0]["coming"])
