"""Writing one class: unseen while it is being written, then shown in one transaction (SPEC 5).

1.  The class is created as ``:PendingClass`` under a new id; its activations and influences follow in
    batches. A relationship whose ``class_id`` is no Class's id is not part of the graph.
2.  Somebody ranks it.
3.  ``publish_class`` makes it ``:Class`` and its former state ``:RetiredClass`` in one transaction.
4.  The retired one is cleared away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from neo4j import ManagedTransaction

from summit_graph.counts import ClassTables
from summit_graph.errors import SummitGraphError
from summit_graph.records import ClassSummary
from summit_graph.store.connection import Database, run
from summit_graph.store.owners import this_owner
from summit_graph.store.removal import clear_retired

#: Relationships created in one transaction: past 20,000 the speed no longer grows, the heap needed does.
WRITE_BATCH = 20_000

OnWritten = Callable[[int], None]


@contextmanager
def pending_class(database: Database, network: str, summary: ClassSummary) -> Iterator[int]:
    """A class that is being written, by its id; given up and cleared away if the block fails."""
    class_id = _next_class_id(database)
    properties = asdict(summary) | {"histogram": list(summary.histogram) if summary.histogram else None}
    database.write(
        "load/create_pending_class",
        **{"class": class_id, "network": network, "summary": properties, "writer": this_owner()},
    )
    try:
        yield class_id
    except BaseException:
        database.write("load/retire_pending_class", **{"class": class_id})
        clear_retired(database)
        raise


def write_counts(
    database: Database,
    network: str,
    class_id: int,
    tables: ClassTables,
    *,
    on_written: OnWritten | None = None,
) -> None:
    """Write a pending class's activations and influences.

    Args:
        tables: with influences.
        on_written: hears how many relationships each batch brought.
    """
    if tables.influences is None:
        raise ValueError("the influences have not been derived")
    for rows in _activation_batches(network, tables.activations):
        database.write("load/write_activations", **{"class": class_id, "rows": rows})
    for size, rows in _influence_batches(network, tables.influences):
        database.write("load/write_influences", **{"class": class_id, "rows": rows})
        if on_written:
            on_written(size)
    database.write("load/touch_pending_class", **{"class": class_id})


def publish_class(database: Database, network: str, class_id: int, name: str) -> None:
    """Show a written and ranked class to readers in place of its former state, then clear that away."""

    def flip(transaction: ManagedTransaction) -> None:
        run(transaction, "load/lock_network", network=network)
        run(transaction, "load/retire_former_class", network=network, name=name)
        if not run(transaction, "load/publish_class", **{"network": network, "class": class_id}):
            raise SummitGraphError(
                f"network {network!r} or class {name!r} was removed while the class was being written: "
                "ingest it again"
            )
        run(transaction, "load/count_network", network=network)

    database.transaction(flip)
    clear_retired(database)


def _next_class_id(database: Database) -> int:
    return int(database.write("load/next_class_id")[0]["id"])


def _activation_batches(network: str, activations: pa.Table) -> Iterator[list[list[Any]]]:
    ids = _channel_ids(network, activations["layer"], activations["channel"])
    rows = [list(row) for row in zip(ids, activations["count"].to_pylist(), strict=True)]
    for start in range(0, len(rows), WRITE_BATCH):
        yield rows[start : start + WRITE_BATCH]


def _influence_batches(network: str, influences: pa.Table) -> Iterator[tuple[int, list[list[Any]]]]:
    """Batches of [channel, [[previous, count, via], …]]: each channel is looked up once."""
    targets = np.array(_channel_ids(network, influences["layer"], influences["channel"]), dtype=object)
    sources = _channel_ids(network, influences["previous_layer"], influences["previous"])
    counts, vias = influences["count"].to_pylist(), influences["via"].to_pylist()
    inputs = [list(row) for row in zip(sources, counts, vias, strict=True)]
    starts = np.flatnonzero(np.r_[True, targets[1:] != targets[:-1]]) if len(targets) else np.array([], int)
    ends = np.r_[starts[1:], len(targets)] if len(targets) else starts
    for first, last in _cut((ends - starts).tolist()):
        groups = zip(starts[first:last], ends[first:last], strict=True)
        rows = [[targets[start], inputs[start:end]] for start, end in groups]
        yield int(ends[last - 1] - starts[first]), rows


def _cut(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of groups that together reach ``WRITE_BATCH``, or end the list."""
    first, total = 0, 0
    for at, size in enumerate(sizes):
        total += size
        if total >= WRITE_BATCH or at == len(sizes) - 1:
            yield first, at + 1
            first, total = at + 1, 0


def _channel_ids(network: str, layers: pa.ChunkedArray, indices: pa.ChunkedArray) -> list[str]:
    return [
        f"{network}/{layer}/{index}"
        for layer, index in zip(layers.to_pylist(), indices.to_pylist(), strict=True)
    ]
