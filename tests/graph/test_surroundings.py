"""What is around a class's attribution graph: other classes' graphs, and influences that it lacks."""

from __future__ import annotations

from collections import Counter

import pytest

from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.queries import find_query
from summit_graph.views.activations import read_specificity
from summit_graph.views.beyond import ADDED, read_beyond
from summit_graph.views.commonness import read_commonness
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.questions import run_question
from tests.count_tables import random_class
from tests.shapes import load_shapes

NAMES = ("bear", "bus", "lion")


@pytest.fixture(scope="module")
def shapes(filled: Database) -> Database:
    """The network "shapes" with three classes."""
    load_shapes(filled, [random_class(name, seed) for seed, name in enumerate(NAMES)])
    return filled


def test_commonness_counts_graphs_and_compares_images(shapes: Database) -> None:
    """As counted from each class's graph; lift is that of ``graph --specific``."""
    graphs = {name: read_attribution_graph(shapes, "shapes", name) for name in NAMES}
    holders = Counter(node.channel for graph in graphs.values() for node in graph.nodes)
    found = read_commonness(shapes, graphs["bear"])
    assert {channel: one.graphs for channel, one in found.items()} == {
        node.channel: holders[node.channel] for node in graphs["bear"].nodes
    }
    lifts = {one.channel: one.lift for one in read_specificity(shapes, "shapes", "bear")}
    for channel, one in found.items():
        assert one.q is not None
        assert one.lift == pytest.approx(lifts[channel]) if one.lift else lifts[channel] == float("inf")


def test_what_is_beyond_a_graph_is_the_strongest_of_the_full_network(shapes: Database) -> None:
    """Around one channel: no influence that the graph has, the strongest ones, at most three on each side."""
    graph = read_attribution_graph(shapes, "shapes", "bear")
    channel = next(node.channel for node in graph.nodes if node.channel.layer == "mixed4c")
    nodes, edges = read_beyond(shapes, graph, [channel])
    known = {(str(edge.previous), str(edge.channel)) for edge in graph.edges}
    given = {"class": "bear", "channel": str(channel), "limit": "1000"}
    for name, inner in (("influences_on_channel", True), ("influenced_by_channel", False)):
        _, rows = run_question(shapes, find_query(name), given, network="shapes")
        ends = [(row[0], str(channel)) if inner else (str(channel), row[0]) for row in rows]
        wanted = [row[1] for row, pair in zip(rows, ends, strict=True) if pair not in known][:ADDED]
        counts = [edge.count for edge in edges if (edge.channel if inner else edge.previous) == channel]
        assert sorted(counts, reverse=True) == wanted
    own = {node.channel for node in graph.nodes}
    assert {node.channel for node in nodes} == {
        end for edge in edges for end in (edge.previous, edge.channel) if end not in own
    }
    assert read_beyond(shapes, graph, []) == ((), ())


def test_pinned_channels_outside_a_graph_are_joined_to_it(shapes: Database) -> None:
    """By influences on and of its own channels and each other only, at most three on each side."""
    graph = read_attribution_graph(shapes, "shapes", "bear")
    own = {node.channel for node in graph.nodes}
    outside = [Channel("mixed4c", index) for index in range(8) if Channel("mixed4c", index) not in own][:2]
    nodes, edges = read_beyond(shapes, graph, [], pinned=outside)
    assert {node.channel for node in nodes} == set(outside)
    assert all({edge.previous, edge.channel} <= {*own, *outside} for edge in edges)
    for channel in outside:
        assert 0 < sum(edge.channel == channel for edge in edges) <= ADDED
        assert sum(edge.previous == channel for edge in edges) <= ADDED
