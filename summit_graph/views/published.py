"""An imported attribution graph with everything that its file contained."""

from __future__ import annotations

from summit_graph.formats.published import PublishedGraph
from summit_graph.records import AttributionGraph, Channel
from summit_graph.store.connection import Database
from summit_graph.views.classes import StoredClass, read_consistently
from summit_graph.views.graphs import edge_of_row, node_of_row


def read_imported_graph(database: Database, network: str, name: str) -> PublishedGraph:
    """One class's attribution graph with its channels' ``attr_channels`` as text."""

    def read(stored: StoredClass) -> PublishedGraph:
        nodes = database.read("view/attribution_graph_nodes", **{"class": stored.id})
        edges = database.read("view/attribution_graph_edges", **{"class": stored.id})
        graph = AttributionGraph(
            network, stored.summary, tuple(map(node_of_row, nodes)), tuple(map(edge_of_row, edges))
        )
        kept = {
            Channel(row["layer"], row["index"]): row["attr_channels"]
            for row in nodes
            if row["attr_channels"] is not None
        }
        return PublishedGraph(graph, kept)

    return read_consistently(database, network, name, read)
