"""An attribution graph as an object of the package ``neo4j-viz``, which need not be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from summit_graph.analysis.row_order import order_rows, place_columns
from summit_graph.analysis.runs import runs_of
from summit_graph.errors import UsageError
from summit_graph.records import AttributionGraph, Channel, Edge, Node

if TYPE_CHECKING:
    import neo4j_viz

#: Distances of channels and of rows, and the radii of the least and the most frequent channel, in pixels.
ACROSS, DOWN = 90, 150
SMALLEST, LARGEST = 10, 30
WIDEST = 8


def to_neo4j_viz(graph: AttributionGraph) -> neo4j_viz.VisualizationGraph:
    """Channels in rows, the highest layer on top; sizes and widths by count.

    Raises:
        UsageError: ``neo4j-viz`` is not installed.
    """
    try:
        import neo4j_viz
    except ImportError:
        raise UsageError("viz() needs neo4j-viz: pip install 'summit-graph[viz]'") from None
    places = _places(graph)
    most = max((node.count for node in graph.nodes), default=1)
    strongest = max((edge.count for edge in graph.edges), default=1)
    return neo4j_viz.VisualizationGraph(
        [neo4j_viz.Node(**_node(node, places[node.channel], most)) for node in graph.nodes],
        [neo4j_viz.Relationship(**_relationship(edge, strongest)) for edge in graph.edges],
    )


def _places(graph: AttributionGraph) -> dict[Channel, tuple[float, float]]:
    influences = [(edge.previous, edge.channel, edge.count) for edge in graph.edges]
    runs = runs_of(graph.edges)
    rows = order_rows((node.channel for node in graph.nodes), influences, runs)
    across = place_columns(rows.values(), runs, distance=ACROSS)
    heights = {layer: -DOWN * at for at, layer in enumerate(rows)}
    return {channel: (x, heights[channel.layer]) for channel, x in across.items()}


def _node(node: Node, place: tuple[float, float], most: int) -> dict[str, Any]:
    label = node.label.text if node.label else None
    return {
        "id": str(node.channel),
        "caption": f"{node.channel} {label}" if label else str(node.channel),
        "size": SMALLEST + (LARGEST - SMALLEST) * node.count / most,
        "x": place[0],
        "y": place[1],
        "properties": {"layer": node.channel.layer, "count": node.count, "pagerank": node.pagerank},
    }


def _relationship(edge: Edge, strongest: int) -> dict[str, Any]:
    via = {} if edge.via is None else {"via": edge.via}
    return {
        "source": str(edge.previous),
        "target": str(edge.channel),
        "caption": str(edge.count),
        "width": max(1, WIDEST * edge.count / strongest),
        "properties": {"count": edge.count, "skip": edge.skip, **via},
    }
