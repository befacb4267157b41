"""How common the channels of a class's attribution graph are among all classes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from summit_graph.analysis.specificity import measure_specificity
from summit_graph.records import AttributionGraph, Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.views.classes import StoredClass, read_consistently


@dataclass(frozen=True, slots=True)
class Commonness:
    """One channel of a class's graph.

    Attributes:
        graphs: in how many classes' attribution graphs it is, this one included.
        lift: share of the class's images over the share of all other images; None if no other image has it,
            or if the counts of other classes are unknown.
        q: the false discovery rate, over the graph's channels, at which it is specific to the class; None
            if unknown.
    """

    graphs: int
    lift: float | None = None
    q: float | None = None


def read_commonness(database: Database, graph: AttributionGraph) -> dict[Channel, Commonness]:
    """Every channel of a graph; empty if the class's graph has changed since it was read."""
    name = graph.summary.name
    return read_consistently(database, graph.network, name, lambda one: _of_class(database, graph, one))


def _of_class(database: Database, graph: AttributionGraph, stored: StoredClass) -> dict[Channel, Commonness]:
    rows = database.read("view/graph_channel_classes", **{"class": stored.id})
    graphs = {Channel(row["layer"], row["index"]): row["classes"] for row in rows}
    if any(node.channel not in graphs for node in graph.nodes):
        return {}
    network = find_network(database, graph.network)
    if network.parameters is None or network.images <= graph.summary.images:
        return {channel: Commonness(number) for channel, number in graphs.items()}
    totals = database.read("view/graph_channel_totals", **{"class": stored.id})
    everywhere = {Channel(row["layer"], row["index"]): row["everywhere"] for row in totals}
    measured = measure_specificity(
        np.array([node.count for node in graph.nodes], np.int64),
        np.array([everywhere[node.channel] for node in graph.nodes], np.int64),
        images=graph.summary.images,
        images_everywhere=network.images,
    )
    return {
        node.channel: Commonness(graphs[node.channel], lift if math.isfinite(lift) else None, q)
        for node, lift, q in zip(graph.nodes, measured.lift.tolist(), measured.q.tolist(), strict=True)
    }
