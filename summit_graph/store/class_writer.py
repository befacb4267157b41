"""Writes one class; readers see it only when it is complete (SPEC 5).

1.  The class is created as ``:PendingClass`` under a new id; its activations and influences follow in
    batches. A relationship whose ``class_id`` is no Class's id is not part of the graph.
2.  The caller ranks it.
3.  ``publish_class`` makes it ``:Class`` and its former state ``:RetiredClass`` in one transaction.
4.  The retired class is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from neo4j import ManagedTransaction

from summit_graph.counts.manifest import ClassTables
from summit_graph.errors import SummitGraphError
from summit_graph.records import ClassSummary
from summit_graph.settings import WritingSettings
from summit_graph.store.channels import NetworkChannels
from summit_graph.store.connection import Database, run
from summit_graph.store.networks import Network
from summit_graph.store.removal import clear_retired
from summit_graph.system.owners import this_owner

#: Concurrent transactions: with only one, the server idles while rows are prepared and sent.
WRITERS = 2


@contextmanager
def pending_class(database: Database, network: str, summary: ClassSummary) -> Iterator[int]:
    """Create a pending class and yield its id; it is deleted if the block fails."""
    class_id = _next_class_id(database)
    properties = asdict(summary) | {"histogram": list(summary.histogram) if summary.histogram else None}
    try:
        database.write(
            "load/create_pending_class",
            **{"class": class_id, "network": network, "summary": properties, "writer": this_owner()},
        )
        yield class_id
    except BaseException:
        database.write("load/retire_pending_class", **{"class": class_id})
        clear_retired(database)
        raise


def write_counts(
    database: Database,
    channels: NetworkChannels,
    class_id: int,
    tables: ClassTables,
) -> None:
    """Write a pending class's activations, influences, outputs and relevance.

    Args:
        tables: must include influences; ``via_stop`` is stored where it is not null.

    Raises:
        CountFilesError: the counts contain a channel that the network lacks.
        SummitGraphError: the network was removed.
        TransactionTooLargeError: the server lacks memory for a batch (``SUMMIT_GRAPH_BATCH``).
    """
    name, influences = tables.summary.name, _Influences(channels, tables)
    activations = _channel_rows(channels, tables.activations, of=name)
    _write_rows(database, "load/write_activations", class_id, activations)
    _write_influences(database, class_id, influences)
    _write_rows(database, "load/write_outputs", class_id, _channel_rows(channels, tables.outputs, of=name))
    if tables.relevance is not None:
        relevance = _channel_rows(channels, tables.relevance, of=name, value="relevance")
        _write_rows(database, "load/write_relevance", class_id, relevance)
    database.write("load/touch_pending_class", **{"class": class_id})


def publish_class(database: Database, network: Network, class_id: int, name: str) -> None:
    """Replace a class's former state by the written and ranked one, then delete the former state.

    Raises:
        SummitGraphError: the network was removed, even if one of its name was created since: the class's
            relationships are those of the former network's channels, whose node ids Neo4j uses again.
    """

    def flip(transaction: ManagedTransaction) -> None:
        found = run(transaction, "load/lock_network", network=network.name, created=network.created)
        run(transaction, "load/retire_former_class", network=network.name, name=name)
        to_publish = {"network": network.name, "class": class_id}
        if not found or not run(transaction, "load/publish_class", **to_publish):
            raise SummitGraphError(
                f"network {network.name!r} or class {name!r} was removed while the class was being written: "
                "ingest it again"
            )
        run(transaction, "load/count_network", network=network.name)

    database.transaction(flip)
    if database.written_classes:
        database.written_classes.add(network.name, name, class_id)
    clear_retired(database)


def _next_class_id(database: Database) -> int:
    return int(database.write("load/next_class_id")[0]["id"])


def _channel_rows(
    channels: NetworkChannels, table: pa.Table, *, of: str, value: str = "count"
) -> list[list[Any]]:
    """Rows of [channel, value]; the value is a column of the table."""
    nodes = channels.nodes_of(table["layer"], table["channel"], of=of).tolist()
    return list(map(list, zip(nodes, table[value].to_pylist(), strict=True)))


class _Influences:
    """A class's influences as rows of [channel, [[previous, count, via, …], …]]: each channel appears once.

    Each input ends with the inner stop's name and whether it is a skip, where the class has such influences.
    ``ends``: cumulated number of influences per channel; ``rows`` takes ranges of channels.
    """

    def __init__(self, channels: NetworkChannels, tables: ClassTables) -> None:
        influences, name = tables.influences, tables.summary.name
        if influences is None:
            raise ValueError("the influences have not been derived")
        nodes = channels.nodes_of(influences["layer"], influences["channel"], of=name)
        last = np.flatnonzero(nodes[1:] != nodes[:-1]) if len(nodes) else np.zeros(0, np.int64)
        self.ends = [*(last + 1).tolist(), len(nodes)] if len(nodes) else []
        self._channels = [int(nodes[end - 1]) for end in self.ends]
        self._previous = channels.nodes_of(influences["previous_layer"], influences["previous"], of=name)
        self._properties = [influences[name].to_pylist() for name in ("count", "via")]
        self._properties += _rare_properties(influences)

    def size(self, first: int, last: int) -> int:
        """How many influences the channels ``first`` to ``last - 1`` have."""
        return self.ends[last - 1] - self._start(first)

    def rows(self, first: int, last: int) -> list[list[Any]]:
        """The rows of the channels ``first`` to ``last - 1``."""
        start, end = self._start(first), self.ends[last - 1]
        columns = (self._previous[start:end].tolist(), *(column[start:end] for column in self._properties))
        inputs = list(map(list, zip(*columns, strict=True)))
        groups = pairwise(self._start(at) - start for at in range(first, last + 1))
        channels = self._channels[first:last]
        return [[channel, inputs[low:high]] for channel, (low, high) in zip(channels, groups, strict=True)]

    def batches(self, size: int) -> list[tuple[int, int]]:
        """Ranges of channels with about ``size`` influences each."""
        ranges, first = [], 0
        for last in range(1, len(self.ends) + 1):
            if last == len(self.ends) or self.size(first, last) >= size:
                ranges.append((first, last))
                first = last
        return ranges

    def _start(self, channel: int) -> int:
        return self.ends[channel - 1] if channel else 0


def _rare_properties(influences: pa.Table) -> list[list[Any]]:
    """The inner stops' names and the skips (None where it is none); nothing if there is neither."""
    via_stop, skip = influences["via_stop"], influences["skip"]
    if via_stop.null_count == len(via_stop) and not pc.any(skip).as_py():
        return []
    return [via_stop.to_pylist(), pc.if_else(skip, skip, None).to_pylist()]


def _write_influences(database: Database, class_id: int, influences: _Influences) -> None:
    """Two concurrent transactions, in the lower and the upper layers: neither waits for locks."""
    batches = influences.batches(WritingSettings().batch)
    middle = (len(batches) + 1) // 2
    halves = (batches[:middle], batches[middle:])
    in_turn = [batch for both in zip_longest(*halves) for batch in both if batch]
    with ThreadPoolExecutor(WRITERS) as pool:
        written = [pool.submit(_write_range, database, class_id, influences, *batch) for batch in in_turn]
        try:
            for batch in written:
                batch.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _write_range(database: Database, class_id: int, influences: _Influences, first: int, last: int) -> None:
    _write_rows(database, "load/write_influences", class_id, influences.rows(first, last))


def _write_rows(database: Database, query: str, class_id: int, rows: list[list[Any]]) -> None:
    """Write the rows; an error if a channel was not found by its node id."""
    if not rows:
        return
    wanted = sum(len(row[1]) if isinstance(row[1], list) else 1 for row in rows)
    written = database.write(query, **{"class": class_id, "rows": rows})[0]["written"]
    if written != wanted:
        raise SummitGraphError("the network was removed while a class was being written: load it again")
