"""Stores motifs in the graph for Cypher and the explorer (SPEC 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo4j import ManagedTransaction

from summit_graph.analysis.motifs import Motif
from summit_graph.errors import UnknownNameError
from summit_graph.records import Channel
from summit_graph.store.connection import Database, run
from summit_graph.store.replacing import replace_in_network

#: Motifs written by one query; each brings some hundred relationships.
_BATCH = 500


def write_motifs(
    database: Database,
    network: str,
    motifs: Sequence[Motif],
    *,
    shape: str,
    size: int,
    created: str | None = None,
) -> None:
    """Replace the network's motifs of this shape and size, in one transaction.

    Args:
        created: creation time of the network that was mined; None for any network with the name.

    Raises:
        UnknownNameError: that network was removed.
    """
    rows = [_row(network, motif) for motif in motifs]

    def write(transaction: ManagedTransaction) -> None:
        run(transaction, "load/delete_motifs", network=network, shape=shape, size=size)
        for start in range(0, len(rows), _BATCH):
            run(transaction, "load/write_motifs", network=network, motifs=rows[start : start + _BATCH])

    work = "its motifs were mined: mine them again"
    replace_in_network(database, network, write, created=created, work=work)


def motif_id(network: str, shape: str, channels: Sequence[Channel]) -> str:
    """The id of a motif, stored or not: ``atlas/chain/mixed3a/1>mixed3b/5``."""
    return f"{network}/{shape}/{'>'.join(map(str, channels))}"


def motif_channels(network: str, motif: str) -> tuple[Channel, ...]:
    """The channels of an id of ``motif_id``.

    Raises:
        UnknownNameError: it is no such id of this network.
    """
    rest = motif.removeprefix(f"{network}/")
    _, slash, channels = rest.partition("/")
    if rest == motif or not slash:
        raise UnknownNameError(f"network {network} has no motif {motif!r}")
    return tuple(map(Channel.parse, channels.split(">")))


def _row(network: str, motif: Motif) -> dict[str, Any]:
    channels = [str(channel) for channel in motif.channels]
    return {
        "properties": {
            "id": motif_id(network, motif.shape, motif.channels),
            "network": network,
            "shape": motif.shape,
            "support": motif.support,
            "expected": motif.expected,
            "z": motif.z,
            "p": motif.p,
            "q": motif.q,
        },
        "channels": [f"{network}/{channel}" for channel in channels],
        "classes": list(motif.classes),
    }
