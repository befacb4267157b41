"""What changes while a network is shown: new classes, classes being written, running counts."""

from __future__ import annotations

from dataclasses import dataclass

from summit_graph.errors import UnknownNameError
from summit_graph.settings import Home
from summit_graph.store.connection import Database
from summit_graph.system.owners import owner_lives
from summit_graph.system.progress import RunProgress, read_running

__all__ = ["NetworkState", "RunProgress", "read_runs", "read_state", "read_version"]


@dataclass(frozen=True, slots=True)
class NetworkState:
    """The current state of a network.

    Attributes:
        version: a text that changes whenever a class is added, replaced or removed, or channels are labelled
            or grouped.
        coming: names of the classes that are being written by a live process.
        running: the runs on this machine that count images, for any network.
    """

    version: str
    coming: tuple[str, ...]
    running: tuple[RunProgress, ...]


def read_version(database: Database, network: str) -> str:
    """A text that changes whenever classes or the channels' labels or groups change."""
    return read_state(database, network).version


def read_state(database: Database, network: str) -> NetworkState:
    """The current state; UnknownNameError if the network no longer exists."""
    rows = database.read("view/network_version", network=network)
    if not rows:
        raise UnknownNameError(f"network {network!r} no longer exists")
    row = rows[0]
    parts = ("created", "classes", "newest", "laid_out", "labelled", "grouped")
    version = "-".join(str(row[name]) for name in parts)
    coming = (one["name"] for one in row["coming"] if owner_lives(one["writer"], idle=one["idle"]))
    return NetworkState(version, tuple(coming), read_runs())


def read_runs() -> tuple[RunProgress, ...]:
    """The runs on this machine that count images."""
    return tuple(read_running(Home().runs))
