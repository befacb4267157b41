"""Graphs as GraphML that every XML parser reads, whatever characters their names have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from summit_graph.analysis.comparison import Comparison

if TYPE_CHECKING:
    import networkx

#: What XML cannot hold, not even escaped: most control characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def graphml_of(graph: networkx.DiGraph) -> str:
    """The graph as GraphML; a character that XML cannot hold becomes U+FFFD."""
    import networkx

    stream = BytesIO()
    networkx.write_graphml_xml(
        graph, stream
    )  # not the writer by lxml, where that is installed: it refuses them
    text = _NOT_XML.sub("\ufffd", stream.getvalue().decode("utf-8"))
    return text.replace("\r", "&#13;")  # else a parser reads a line feed


def show_comparison_graphml(comparison: Comparison) -> str:
    """GraphML of the union: each node and edge tells who holds it (``in``) and each class's count."""
    import networkx

    graph: networkx.DiGraph = networkx.DiGraph(
        network=comparison.network, classes=", ".join(comparison.classes)
    )
    for node in comparison.channels:
        where = {"layer": node.channel.layer, "channel": node.channel.index}
        graph.add_node(str(node.channel), **where, **_holding(comparison, node.counts))
    for edge in comparison.edges:
        graph.add_edge(str(edge.previous), str(edge.channel), **_holding(comparison, edge.counts))
    return graphml_of(graph)


def _holding(comparison: Comparison, counts: Mapping[str, int]) -> dict[str, Any]:
    named = {f"count {name}": count for name, count in counts.items()}
    return {"in": comparison.holders(counts), "classes": ", ".join(counts), **named}
