"""Groups of similar channels: communities found by the Leiden algorithm in Neo4j GDS, or by Louvain here."""

from __future__ import annotations

from collections.abc import Mapping

from summit_graph.analysis.channel_groups import RESOLUTION, Pairs, find_louvain
from summit_graph.ranking.communities import leiden
from summit_graph.records import Engine
from summit_graph.settings import SEED
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
    rows = [
        {
            "one": int(channels.node[starts[layer] + one]),
            "two": int(channels.node[starts[layer] + two]),
            "similarity": weight,
        }
        for layer, found in pairs.items()
        for (one, two), weight in zip(found.channels.tolist(), found.similarity.tolist(), strict=True)
    ]
    if not rows:
        return {layer: [] for layer in pairs}
    found_nodes = leiden(
        database,
        "rank/project_channel_pairs",
        f"channels of {channels.network}",
        weight="similarity",
        resolution=RESOLUTION,
        seed=seed,
        pairs=rows,
    )
    communities: Communities = {layer: [] for layer in pairs}
    for nodes in found_nodes:
        places = channels.positions(nodes)
        communities[channels.layer[places[0]]].append(channels.indices[places].tolist())
    return communities
