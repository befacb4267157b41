"""Attribution graphs as the graph component takes them: plain JSON, pictures by address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from summit_graph.pictures.index import DIVERSITY_KINDS, Pictures
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Layer, Node
from summit_graph.views.comparison import ComparedChannel, ComparedEdge, Comparison


def graph_data(graph: AttributionGraph, *, layers: Sequence[Layer], pictures: Pictures) -> dict[str, Any]:
    """One class's graph: nodes with count and pagerank, edges from the lower channel to the upper."""
    summary = graph.summary
    edges = [
        {"from": str(edge.previous), "to": str(edge.channel), "count": edge.count, "via": edge.via}
        for edge in graph.edges
    ]
    branches = _branches(layers)
    nodes = [_node(node, branches, pictures) for node in graph.nodes]
    return _data(graph.network, [summary], layers) | {
        "nodes": nodes,
        "edges": edges,
        "heading": f"Attribution graph of {summary.title}",
        "explanation": "The channels that matter most for this class, from simple at the bottom to whole "
        "objects at the top, and which of them feed which.",
        "facts": [*summary_facts(summary), ("Channels", str(len(nodes))), ("Influences", str(len(edges)))],
    }


def comparison_data(
    comparison: Comparison,
    *,
    summaries: Sequence[ClassSummary],
    layers: Sequence[Layer],
    pictures: Pictures,
) -> dict[str, Any]:
    """Several classes' graphs in one: each node and edge tells whose it is, and each class's count."""
    branches = _branches(layers)
    return _data(comparison.network, summaries, layers) | {
        "nodes": [
            _faces(one.channel, branches, pictures) | _holding(comparison, one) for one in comparison.channels
        ],
        "edges": [
            {"from": str(one.previous), "to": str(one.channel), "via": None} | _holding(comparison, one)
            for one in comparison.edges
        ],
        "heading": "Shared and own channels of " + ", ".join(summary.title for summary in summaries),
        "explanation": "All channels and influences of these classes' attribution graphs in one.",
        "facts": _part_facts(comparison, {summary.name: summary.title for summary in summaries}),
    }


def layer_chart(comparison: Comparison, summaries: Sequence[ClassSummary]) -> dict[str, Any]:
    """How alike the classes are in each layer, from the lowest up, by two measures from 0 to 1."""
    measures = {
        "shared channels (Jaccard)": [one.jaccard for one in comparison.layers],
        "activations (cosine)": [one.cosine for one in comparison.layers],
    }
    return {
        "layers": [one.layer for one in comparison.layers],
        "measures": [
            {"name": name, "values": values}
            for name, values in measures.items()
            if any(value is not None for value in values)
        ],
        "heading": "Where they agree: " + ", ".join(summary.title for summary in summaries),
        "file": "-".join([comparison.network, *comparison.classes, "layers"]),
    }


def summary_facts(summary: ClassSummary) -> list[tuple[str, str]]:
    """What is known of a class besides its channels, as label and text."""
    found = [("Images", f"{summary.images:,}" if summary.images else "not published")]
    if summary.top1 is not None and summary.images:
        found.append(("Right at top 1", f"{summary.top1 / summary.images:.0%}"))
    if summary.top5 is not None and summary.images:
        found.append(("Right in top 5", f"{summary.top5 / summary.images:.0%}"))
    return found


def _data(network: str, summaries: Sequence[ClassSummary], layers: Sequence[Layer]) -> dict[str, Any]:
    names = [summary.name for summary in summaries]
    return {
        "network": network,
        "file": "-".join([network, *names]),
        "layers": [layer.name for layer in layers],
        "images": summaries[0].images,
        "classes": [{"name": one.name, "title": one.title, "images": one.images} for one in summaries],
    }


def _branches(layers: Sequence[Layer]) -> Mapping[str, Layer]:
    return {layer.name: layer for layer in layers}


def _node(node: Node, layers: Mapping[str, Layer], pictures: Pictures) -> dict[str, Any]:
    known = {"count": node.count, "pagerank": node.pagerank}
    return _faces(node.channel, layers, pictures) | known


def _faces(channel: Channel, layers: Mapping[str, Layer], pictures: Pictures) -> dict[str, Any]:
    return {
        "id": str(channel),
        "branch": layers[channel.layer].branch_of(channel.index),
        "diversity": [kind for kind in DIVERSITY_KINDS if pictures.file_of(channel, kind)],
        "examples": min(10, len(pictures.examples_of(channel))),
    }


def _holding(comparison: Comparison, thing: ComparedChannel | ComparedEdge) -> dict[str, Any]:
    part = comparison.holders(thing.counts)
    owner = next(iter(thing.counts)) if part == "only" else None
    return {"in": part, "owner": owner, "counts": dict(thing.counts), "count": max(thing.counts.values())}


def part_of(comparison: Comparison, thing: ComparedChannel | ComparedEdge) -> str:
    """Whose a channel or an edge is: ``shared``, ``some``, or ``only`` and the class's name."""
    part = comparison.holders(thing.counts)
    return f"only {next(iter(thing.counts))}" if part == "only" else part


def _part_facts(comparison: Comparison, titles: Mapping[str, str]) -> list[tuple[str, str]]:
    held = Counter(part_of(comparison, one) for one in comparison.channels)
    several = [("In some of them", "some")] if len(comparison.classes) > 2 else []
    own = [(f"Only {titles[name]}", f"only {name}") for name in comparison.classes]
    return [
        (label, f"{held[part]} channels") for label, part in [("Shared by all", "shared"), *several, *own]
    ]
