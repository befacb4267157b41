"""What changes while somebody reads: new classes, classes that are on their way."""

from __future__ import annotations

from dataclasses import dataclass

from summit_graph.errors import UnknownNameError
from summit_graph.settings import Home
from summit_graph.store.connection import Database
from summit_graph.store.owners import owner_lives
from summit_graph.system.progress import RunProgress, read_running

__all__ = ["NetworkState", "RunProgress", "read_runs", "read_state", "read_version"]


@dataclass(frozen=True, slots=True)
class NetworkState:
    """A network as it is now.

    Attributes:
        version: another text whenever a class was added, replaced or removed.
        coming: the classes that are being written, by name; none of a writer that died.
        running: the runs on this machine that count images, for whatever network.
    """

    version: str
    coming: tuple[str, ...]
    running: tuple[RunProgress, ...]


def read_version(database: Database, network: str) -> str:
    """A text that is another one whenever a class of the network was added, replaced or removed."""
    return read_state(database, network).version


def read_state(database: Database, network: str) -> NetworkState:
    """What is there and what is on its way; UnknownNameError where the network is gone."""
    rows = database.read("view/network_version", network=network)
    if not rows:
        raise UnknownNameError(f"there is no network {network!r} any more")
    row = rows[0]
    version = "-".join(str(row[name]) for name in ("created", "classes", "newest", "laid_out"))
    coming = (one["name"] for one in row["coming"] if owner_lives(one["writer"], idle=one["idle"]))
    return NetworkState(version, tuple(coming), read_runs())


def read_runs() -> tuple[RunProgress, ...]:
    """The runs on this machine that count images."""
    return tuple(read_running(Home().runs))
