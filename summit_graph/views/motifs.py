"""The stored motifs of a network (``summit-graph motifs --store``)."""

from __future__ import annotations

from dataclasses import dataclass

from neo4j import Record

from summit_graph.defaults import MOTIFS
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.motifs import motif_channels, motif_id

__all__ = [
    "StoredMotif",
    "motif_channels",
    "motif_id",
    "read_mined",
    "read_motif",
    "read_motif_classes",
    "read_motifs",
]


@dataclass(frozen=True, slots=True)
class StoredMotif:
    """A motif stored in the graph; the statistics are None if it was stored without them."""

    id: str
    shape: str
    channels: tuple[Channel, ...]
    support: int
    expected: float | None
    z: float | None
    p: float | None
    q: float | None


def read_motifs(database: Database, network: str, *, limit: int = MOTIFS) -> list[StoredMotif]:
    """The stored motifs, those of the most classes first."""
    return [_stored_motif(row) for row in database.read("view/motifs", network=network, limit=limit)]


def read_mined(database: Database, network: str) -> int | None:
    """Number of classes the motifs were mined from, if the network's classes changed since; else None."""
    rows = database.read("view/mined_classes", network=network)
    return int(rows[0]["mined"]) if rows and not rows[0]["current"] else None


def read_motif(database: Database, network: str, motif: str) -> StoredMotif | None:
    """One motif by its id; None if the network has no such motif."""
    rows = database.read("view/motif", network=network, motif=motif)
    return _stored_motif(rows[0]) if rows else None


def read_motif_classes(database: Database, motif: str) -> list[tuple[str, str]]:
    """Name and title of the classes that contain a motif."""
    return [(row["class"], row["title"]) for row in database.read("view/motif_classes", motif=motif)]


def _stored_motif(row: Record) -> StoredMotif:
    return StoredMotif(**dict(row) | {"channels": tuple(map(Channel.parse, row["channels"]))})
