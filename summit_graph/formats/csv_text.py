"""An attribution graph as CSV, with the columns that Gephi, Cytoscape and spreadsheets know."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, Node

NODE_COLUMNS = ("id", "label", "layer", "channel", "count", "pagerank", "picture")
EDGE_COLUMNS = ("source", "target", "type", "weight", "via", "via_stop", "skip")


def to_nodes_csv(graph: AttributionGraph, pictures: Pictures) -> str:
    """A row for each channel: its label, else its name, and the path of its picture, if it has one."""
    return _csv(NODE_COLUMNS, (_node_row(node, pictures) for node in graph.nodes))


def _node_row(node: Node, pictures: Pictures) -> list[object]:
    channel = node.channel
    picture = pictures.file_of(channel)
    return [
        *(str(channel), label_of(node), channel.layer, channel.index),
        *(node.count, node.pagerank, picture),
    ]


def to_edges_csv(graph: AttributionGraph) -> str:
    """A row for each influence, from the lower channel to the upper; ``weight`` is its number of images."""
    return _csv(
        EDGE_COLUMNS,
        (
            [str(one.previous), str(one.channel), "Directed", one.count, one.via, one.via_stop, one.skip]
            for one in graph.edges
        ),
    )


def label_of(node: Node) -> str:
    """The channel's label; its name if it has none."""
    return node.label.text if node.label and node.label.text else str(node.channel)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lines that end in a line feed; None is an empty cell."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().removesuffix("\n")
