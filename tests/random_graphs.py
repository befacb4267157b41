"""Random attribution graphs for tests, with planted structures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from summit_graph.analysis.motifs import GraphSet
from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.records import AttributionGraph, Channel, by_position

EdgeRow = tuple[str, Channel, Channel]


def channel(layer: int, index: int) -> Channel:
    """The channel of a layer by the layer's position."""
    return Channel(LAYER_NAMES[layer], index)


def graphs_of(
    edges: Mapping[str, Iterable[tuple[Channel, Channel]]], layers: Sequence[str] = LAYER_NAMES
) -> GraphSet:
    """Graphs by class from only their edges."""
    rows = [(name, lower, upper) for name, pairs in edges.items() for lower, upper in pairs]
    members = dict.fromkeys((name, end) for name, lower, upper in rows for end in (lower, upper))
    return GraphSet.from_rows(layers, list(edges), list(members), rows)


def graph_set(graphs: Iterable[AttributionGraph]) -> GraphSet:
    """The graphs of distinct classes as one set."""
    listed = list(graphs)
    return GraphSet.from_rows(
        LAYER_NAMES,
        [graph.summary.name for graph in listed],
        [(graph.summary.name, node.channel) for graph in listed for node in graph.nodes],
        [(graph.summary.name, edge.previous, edge.channel) for graph in listed for edge in graph.edges],
    )


def noise(
    seed: int,
    *,
    classes: int,
    width: int,
    nodes: int,
    density: float,
    layers: int = 4,
    planted: Iterable[tuple[Channel, Channel]] = (),
    planted_in: int = 0,
) -> GraphSet:
    """Each class has ``nodes`` of ``width`` channels per layer and random edges with this density.

    The first ``planted_in`` classes also have the planted edges.
    """
    random = np.random.default_rng(seed)
    edges: dict[str, set[tuple[Channel, Channel]]] = {}
    for at in range(classes):
        chosen = [random.choice(width, nodes, replace=False) for _ in range(layers)]
        pairs = {
            (channel(layer, int(low)), channel(layer + 1, int(up)))
            for layer in range(layers - 1)
            for low in chosen[layer]
            for up in chosen[layer + 1]
            if random.random() < density
        }
        edges[f"class{at:03}"] = pairs | (set(planted) if at < planted_in else set())
    return graphs_of({name: sorted(pairs, key=_place) for name, pairs in edges.items()})


def _place(edge: tuple[Channel, Channel]) -> list[tuple[int, int]]:
    return [by_position(LAYER_NAMES)(end) for end in edge]
