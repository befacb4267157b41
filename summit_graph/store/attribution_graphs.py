"""Networks that have only attribution graphs, without counts (SPEC 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neo4j import ManagedTransaction

from summit_graph.errors import SummitGraphError
from summit_graph.records import AttributionGraph, Channel, Layer
from summit_graph.store.connection import Database, run
from summit_graph.store.networks import Network, checked_name, find_network, list_networks, write_network


def open_imported_network(
    database: Database, name: str, *, model: str, dataset: str, layers: Sequence[Layer], pictures: Path | None
) -> Network:
    """Open the network, created if missing; it has no parameters because nothing was counted.

    Raises:
        SummitGraphError: a network of this name holds counts, or has narrower layers.
    """
    there = {network.name: network for network in list_networks(database)}.get(checked_name(name))
    if there is None:
        known = {"name": name, "model": model, "dataset": dataset}
        properties = known | dict.fromkeys(("weights_sha256", "parameters", "input"))
        database.transaction(lambda transaction: write_network(transaction, properties, layers))
    elif there.parameters is not None:
        raise SummitGraphError(f"network {name!r} has counts: choose another name with --network")
    else:
        _check_widths(database, name, layers)
    if pictures is not None:
        database.write("load/write_pictures", network=name, pictures=str(pictures))
    return find_network(database, name)


def write_attribution_graph(
    database: Database,
    class_id: int,
    graph: AttributionGraph,
    attr_channels: Mapping[Channel, str],
) -> None:
    """Write the nodes and edges of a pending class's attribution graph, in one transaction."""
    nodes = [
        [f"{graph.network}/{node.channel}", node.count, node.pagerank, attr_channels.get(node.channel)]
        for node in graph.nodes
    ]
    edges = [
        [f"{graph.network}/{edge.previous}", f"{graph.network}/{edge.channel}", edge.count, edge.via]
        for edge in graph.edges
    ]

    def write(transaction: ManagedTransaction) -> None:
        run(transaction, "load/write_imported_selection", **{"class": class_id, "rows": nodes})
        run(transaction, "load/write_imported_influences", **{"class": class_id, "rows": edges})

    database.transaction(write)


def _check_widths(database: Database, name: str, layers: Sequence[Layer]) -> None:
    widths: dict[str, Any] = {
        row["name"]: row["channels"] for row in database.read("view/layers", network=name)
    }
    for layer in layers:
        if widths.get(layer.name, 0) < layer.channels:
            raise SummitGraphError(
                f"network {name!r} has {widths.get(layer.name, 0)} channels in {layer.name} and these graphs "
                f"need {layer.channels}: choose another name with --network"
            )
