"""How stable a graph is: which of its channels and influences survive when the images are drawn again."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from summit_graph.analysis.shares import percent
from summit_graph.records import AttributionGraph, Channel

One = TypeVar("One", bound=Hashable)

#: The share of resamples in which a part of the core survives.
CORE = 0.8


class GraphParts(NamedTuple):
    """A graph as sets.

    Attributes:
        nodes: its channels.
        edges: [previous, channel] of each influence between them.
    """

    nodes: frozenset[Channel]
    edges: frozenset[tuple[Channel, Channel]]

    @classmethod
    def of(cls, graph: AttributionGraph) -> GraphParts:
        """Those of a graph with its numbers."""
        edges = frozenset((edge.previous, edge.channel) for edge in graph.edges)
        return cls(frozenset(node.channel for node in graph.nodes), edges)


def jaccard(one: Collection[One], two: Collection[One]) -> float:
    """The share of what is in both sets among what is in one of them; 1 for two empty sets."""
    union = len({*one, *two})
    return len({*one} & {*two}) / union if union else 1.0


def overlap_json(graph: GraphParts, others: Sequence[GraphParts]) -> dict[str, list[float]]:
    """Jaccard of a graph's nodes and edges with those of other graphs, [mean, 2.5 %, 97.5 %]."""
    return {
        "nodes": _spread([jaccard(graph.nodes, one.nodes) for one in others]),
        "edges": _spread([jaccard(graph.edges, one.edges) for one in others]),
    }


def stability_json(
    graph: GraphParts, drawn: Mapping[int, Sequence[GraphParts]], images: int
) -> dict[str, Any]:
    """What survives, and how the overlap grows with the number of images.

    Args:
        graph: the class's.
        drawn: by the percent of the images that were drawn each time, the graphs of the resamples.
        images: number of the class's images.
    """
    whole = drawn[max(drawn)]
    nodes = {
        str(one): _share([one in other.nodes for other in whole]) for one in sorted(graph.nodes, key=str)
    }
    edges = {
        f"{one}>{two}": _share([(one, two) in other.edges for other in whole])
        for one, two in sorted(graph.edges, key=str)
    }
    found = {
        "images": images,
        "resamples": len(whole),
        "jaccard": {str(share): overlap_json(graph, one) for share, one in drawn.items()},
        "nodes": nodes,
        "edges": edges,
        "core": {"nodes": _of_core(nodes), "edges": _of_core(edges)},
    }
    return {**found, "verdict": _verdict(found)}


def stability_rows(section: Mapping[str, Any]) -> Iterator[tuple[str, list[float], list[float]]]:
    """For each number of images that were drawn: its percent, the overlap of channels, and of influences."""
    for share, one in section["jaccard"].items():
        yield f"{share} %", one["nodes"], one["edges"]


def sanity_rows(section: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """For each graph that must differ: its name, the overlap of channels, and of influences."""
    for one in section["weights"]:
        yield f"random weights down to {one['layer']}", one["nodes"], one["edges"]
    for name, key in (("images of all classes", "shuffled_images"), ("chance", "chance")):
        yield name, section[key]["nodes"][0], section[key]["edges"][0]


def core_of(graph: AttributionGraph, section: Mapping[str, Any]) -> AttributionGraph:
    """The graph's channels and influences that survive in most resamples."""
    nodes, edges = section["nodes"], section["edges"]
    kept = graph.restricted_to(
        node.channel for node in graph.nodes if nodes.get(str(node.channel), 0) >= CORE
    )
    survive = tuple(edge for edge in kept.edges if edges.get(f"{edge.previous}>{edge.channel}", 0) >= CORE)
    return replace(kept, edges=survive)


def _verdict(found: Mapping[str, Any]) -> str:
    core, nodes, edges = found["core"], len(found["nodes"]), len(found["edges"])
    mean = found["jaccard"][max(found["jaccard"], key=int)]["nodes"][0]
    return (
        f"When the {found['images']} images are drawn again, {core['nodes']} of {nodes} channels and "
        f"{core['edges']} of {edges} influences stay in at least {percent(CORE)} of the graphs "
        f"(mean Jaccard of the channels {mean:.2f})."
    )


def _of_core(shares: Mapping[str, float]) -> int:
    return sum(share >= CORE for share in shares.values())


def _share(are_there: Sequence[bool]) -> float:
    return sum(are_there) / len(are_there)


def _spread(values: Sequence[float]) -> list[float]:
    return [float(np.mean(values)), *map(float, np.quantile(values, [0.025, 0.975]))]
