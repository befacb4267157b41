"""The attribution graphs of many classes at once: the input of motif mining."""

from __future__ import annotations

from collections.abc import Sequence

from summit_graph.analysis.motifs import GraphSet
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.views.classes import find_class, list_classes, read_one_state
from summit_graph.views.graphs import read_layers

#: Classes, their channels, and their edges from the lower channel to the upper.
_Rows = tuple[Sequence[str], list[tuple[str, Channel]], list[tuple[str, Channel, Channel]]]


def read_graph_set(database: Database, network: str, classes: Sequence[str] | None = None) -> GraphSet:
    """The attribution graphs of a network's classes, or of some of them.

    Args:
        classes: names, titles, WordNet ids or output indices; None for all.

    Raises:
        UnknownNameError: there is no such class, or classes keep being replaced.
    """
    rows = read_one_state(
        lambda: list_classes(database, network),
        lambda found: _read(database, network, [stored.summary.name for stored in found]),
        of=f"the classes of network {network}",
    )
    layers = [layer.name for layer in read_layers(database, network)]
    graphs = GraphSet.from_rows(layers, *rows)
    if classes is None:
        return graphs
    return graphs.of_classes(find_class(database, network, text).summary.name for text in classes)


def _read(database: Database, network: str, names: Sequence[str]) -> _Rows:
    """Arguments of ``GraphSet.from_rows``; a class replaced during the read may lack channels."""
    known: dict[tuple[str, int], Channel] = {}

    def channel(layer: str, index: int) -> Channel:
        return known.setdefault((layer, index), Channel(layer, index))

    members = [
        (row["class"], channel(row["layer"], index))
        for row in database.read("view/selected_channels", network=network)
        for index in row["channels"]
    ]
    edges = [
        (row["class"], channel(row["previous_layer"], previous), channel(row["layer"], index))
        for row in database.read("view/selected_influences", network=network)
        for previous, index in row["edges"]
    ]
    return names, members, edges
