"""Where PageRank and groups are computed: in Graph Data Science (GDS) on the server, or in this process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from summit_graph.records import Engine
from summit_graph.store.channels import Ints, NetworkChannels
from summit_graph.store.connection import LOWEST_GDS, Database, gds_version, is_too_old, require_gds


def choose_engine(
    database: Database,
    asked: Engine | None = None,
    *,
    say: Callable[[str], None] | None = None,
    what: str = "PageRank is computed",
) -> Engine:
    """The engine that was asked for; by default GDS where the server has it, else this process.

    Args:
        say: called with one line if this process is chosen because the server has no GDS.
        what: what is done here then, for that line.

    Raises:
        DatabaseError: GDS was asked for, and it is missing or too old.
    """
    if asked == "gds":
        require_gds(database)
    if asked is not None:
        return asked
    version = gds_version(database)
    if version is not None and not is_too_old(version):
        return "gds"
    if say is not None:
        say(f"This server has no Graph Data Science (GDS) {LOWEST_GDS} or newer: {what} here.")
    return "local"


def read_influences(
    database: Database, channels: NetworkChannels, class_id: int
) -> tuple[Ints, npt.NDArray[np.int64]]:
    """A class's influences: int64 (influences, 2), [previous, channel] by position, and their counts.

    Relationships of other programs with this class's id are left out.
    """
    rows = database.read("rank/influences", **{"class": class_id})
    sizes = [len(row["previous"]) for row in rows]
    channel = np.repeat(np.array([row["channel"] for row in rows], np.int64), sizes)
    previous = np.fromiter((node for row in rows for node in row["previous"]), np.int64, sum(sizes))
    counts = np.fromiter((count for row in rows for count in row["counts"]), np.int64, sum(sizes))
    nodes = np.stack([previous, channel], axis=1)
    own = np.isin(nodes, channels.node).all(axis=1)
    return channels.positions(nodes[own].ravel()).reshape(-1, 2), counts[own]
