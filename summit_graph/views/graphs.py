"""One class's attribution graph."""

from __future__ import annotations

from collections.abc import Mapping

from neo4j import Record

from summit_graph.records import AttributionGraph, Channel, Edge, Layer, Node, Support
from summit_graph.store.connection import Database
from summit_graph.store.networks import read_parameters
from summit_graph.views.channel_labels import label_of_row
from summit_graph.views.classes import StoredClass, read_consistently


def read_layers(database: Database, network: str) -> list[Layer]:
    """The layers of a network from lowest to highest, with branch widths where they are known."""
    widths: dict[str, dict[str | None, int]] = {}
    for row in database.read("view/layer_branches", network=network):
        widths.setdefault(row["layer"], {})[row["branch"]] = row["channels"]
    rows = database.read("view/layers", network=network)
    return [
        Layer(
            name=row["name"],
            channels=row["channels"],
            branches=_branches(widths.get(row["name"], {})),
            size=tuple(row["size"]) if row["size"] else None,
            position=row["position"],
        )
        for row in rows
    ]


def read_attribution_graph(database: Database, network: str, name: str) -> AttributionGraph:
    """One class's attribution graph (paper 5.3).

    Nodes are sorted by layer and index, edges by channel and previous channel.
    """
    return read_consistently(database, network, name, lambda one: graph_of(database, network, one))


def graph_of(database: Database, network: str, stored: StoredClass) -> AttributionGraph:
    """The graph of one state of a class; the caller must check for replacement."""
    nodes = map(node_of_row, database.read("view/attribution_graph_nodes", **{"class": stored.id}))
    edges = map(edge_of_row, database.read("view/attribution_graph_edges", **{"class": stored.id}))
    supports = map(support_of_row, database.read("view/class_outputs", **{"class": stored.id}))
    parameters, origin = read_parameters(database, network)
    whole = AttributionGraph(
        network,
        stored.summary,
        tuple(nodes),
        tuple(edges),
        tuple(supports),
        selected_by=stored.selected_by,
        parameters=parameters,
        origin=origin,
    )
    return whole.restricted_to(node.channel for node in whole.nodes)


def largest_influences_of(
    database: Database, stored: StoredClass, *, limit: int = 3
) -> dict[Channel, list[tuple[int, int]]]:
    """For each selected channel its largest influences, selected or not, as [previous, count].

    Read from one state of a class; the caller must check for replacement.
    """
    largest: dict[Channel, list[tuple[int, int]]] = {}
    for row in database.read("view/influences_on_selected", **{"class": stored.id}):
        inputs = largest.setdefault(Channel(row["layer"], row["index"]), [])
        if len(inputs) < limit:
            inputs.append((row["previous"], row["count"]))
    return largest


def node_of_row(row: Record) -> Node:
    """A row of ``view/attribution_graph_nodes``."""
    channel = Channel(row["layer"], row["index"])
    return Node(channel, row["count"], row["pagerank"], label_of_row(row))


def edge_of_row(row: Record) -> Edge:
    """A row of ``view/attribution_graph_edges``."""
    upper, lower = Channel(row["layer"], row["index"]), Channel(row["previous_layer"], row["previous"])
    return Edge(upper, lower, row["count"], row["via"], bool(row["skip"]), row["via_stop"])


def support_of_row(row: Record) -> Support:
    """A row of ``view/class_outputs``."""
    return Support(Channel(row["layer"], row["channel"]), row["count"])


def _branches(widths: Mapping[str | None, int]) -> tuple[int, int, int, int] | None:
    """The widths of InceptionV1's four branches, in the order of their channels; other networks have none."""
    if None in widths or len(widths) != 4:
        return None
    first, second, third, fourth = widths.values()
    return first, second, third, fourth
