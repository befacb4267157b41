"""Groups of similar channels: communities found by the Leiden algorithm in Neo4j GDS, or by Louvain here."""

from __future__ import annotations

from collections.abc import Mapping

from summit_graph.analysis.channel_groups import RESOLUTION, Pairs, find_louvain
from summit_graph.defaults import SEED
from summit_graph.ranking.communities import leiden
from summit_graph.records import Engine
from summit_graph.store.channels import NetworkChannels
from summit_graph.store.connection import Database

#: The indices of the channels of each group, by layer.
Communities = dict[str, list[list[int]]]


def find_channel_communities(
    database: Database,
    channels: NetworkChannels,
    pairs: Mapping[str, Pairs],
    *,
    engine: Engine,
    seed: int = SEED,
) -> Communities:
    """The communities of the channels of each layer, in no order.

    Args:
        pairs: layer -> its similar channels.
        engine: ``gds`` for Leiden on the server, ``local`` for Louvain in this process.
    """
    if engine == "local":
        return {layer: find_louvain(found, seed=seed) for layer, found in pairs.items()}
    starts = {channels.layer[start]: start for start in channels.starts}
    return {
        layer: _find_leiden(database, channels, starts[layer], found, seed=seed)
        for layer, found in pairs.items()
    }


def _find_leiden(
    database: Database, channels: NetworkChannels, start: int, found: Pairs, *, seed: int
) -> list[list[int]]:
    """The communities of one layer; ``start`` is the position of its first channel."""
    nodes = channels.node[start + found.channels].tolist()
    rows = [
        {"one": one, "two": two, "similarity": similarity}
        for (one, two), similarity in zip(nodes, found.similarity.tolist(), strict=True)
    ]
    if not rows:
        return []
    communities = leiden(
        database,
        "rank/project_channel_pairs",
        f"channels of {channels.network}",
        weight="similarity",
        resolution=RESOLUTION,
        seed=seed,
        pairs=rows,
    )
    return [channels.indices[channels.positions(one)].tolist() for one in communities]
