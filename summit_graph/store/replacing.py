"""Replaces what was computed of a network: its motifs, labels or groups of channels."""

from __future__ import annotations

from collections.abc import Callable

from neo4j import ManagedTransaction

from summit_graph.errors import UnknownNameError
from summit_graph.store.connection import Database, repeated, run
from summit_graph.store.migration import prepare_to_write


def replace_in_network(
    database: Database,
    network: str,
    write: Callable[[ManagedTransaction], None],
    *,
    created: str | None,
    work: str,
) -> None:
    """Write in one transaction that locks the network; again where a commit's outcome is unknown.

    Args:
        write: replaces what it has written before.
        created: creation time of the network that was read; None for any network with the name.
        work: what was done and how to do it again, such as ``its motifs were mined: mine them again``.

    Raises:
        UnknownNameError: that network was removed.
    """
    prepare_to_write(database)

    def locked(transaction: ManagedTransaction) -> None:
        if not run(transaction, "load/lock_network", network=network, created=created):
            raise UnknownNameError(f"network {network} was removed while {work}")
        write(transaction)

    repeated(lambda: database.transaction(locked))
