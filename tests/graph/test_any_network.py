"""A network that is not InceptionV1 in every part of the graph half.

The names of its layers sort differently from their positions (kind: order by name instead of position), and
have dots, colons and slashes (kind: names split at separators).
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from summit_graph.analysis.motifs import mine_motifs
from summit_graph.errors import UnknownNameError
from summit_graph.formats.graph_text import to_dot, to_json_text, to_summit_text
from summit_graph.pictures.index import Pictures
from summit_graph.pictures.sheet import Sheet, write_sheet
from summit_graph.records import AttributionGraph, Channel, by_position
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.networks import find_network
from summit_graph.store.queries import find_query, list_queries
from summit_graph.views.activations import read_neighbours
from summit_graph.views.comparison import read_comparison
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.graphs import read_attribution_graph, read_layers
from summit_graph.views.motifs import read_motifs
from summit_graph.views.overview import read_positions
from summit_graph.views.questions import COMPANIONS, Limits, run_question
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.export_network import export_network
from summit_graph.workflows.import_network import import_path
from summit_graph.workflows.load import NetworkLoader
from tests.residual_network import NAMES, WIDTH, residual_class, residual_manifest
from tests.shapes import add_groups

CLASSES = ("bear", "bus", "lion", "ox", "tench")
MIDDLE = "layer1.4"


@pytest.fixture(scope="module")
def residual(filled: Database) -> Database:
    """Five classes with positions, stored motifs and a group of channels."""
    loader = NetworkLoader(filled, residual_manifest(), "residual")
    for seed, name in enumerate(CLASSES):
        loader.load_class(residual_class(name, seed))
    embed_network(filled, "residual")
    motifs = mine_motifs(read_graph_set(filled, "residual")).select(min_support=1, limit=50)
    write_motifs(filled, "residual", motifs, shape="chain", size=3)
    add_groups(filled, "residual", MIDDLE)
    return filled


def graph_of(database: Database) -> AttributionGraph:
    return read_attribution_graph(database, "residual", "bear")


def test_layers_are_in_the_order_of_their_position(residual: Database) -> None:
    """Not in that of the alphabet."""
    layers = read_layers(residual, "residual")
    assert [layer.name for layer in layers] == list(NAMES) != sorted(NAMES)
    assert [layer.position for layer in layers] == list(range(12))


def test_nodes_and_edges_are_sorted_by_position(residual: Database) -> None:
    """By layer from the lowest up, then by index; each edge joins two neighbouring layers."""
    graph, place = graph_of(residual), by_position(NAMES)
    nodes = [place(node.channel) for node in graph.nodes]
    edges = [(place(edge.channel), place(edge.previous)) for edge in graph.edges]
    assert nodes == sorted(nodes)
    assert edges == sorted(edges)
    assert {layer for layer, _ in nodes} == set(range(12))
    assert all(upper[0] - lower[0] == 1 for upper, lower in edges)


def test_the_class_is_at_the_top_of_its_graph(residual: Database) -> None:
    """Selected channels of the last layer contribute to it; the others are counted."""
    graph = graph_of(residual)
    highest = [node.channel for node in graph.nodes if node.channel.layer == NAMES[-1]]
    assert [(one.channel, one.count) for one in graph.supports] == [(one, 2 + one.index) for one in highest]
    assert graph.further_supports == WIDTH - len(highest)


def test_texts_have_the_network_s_layers(residual: Database) -> None:
    """JSON in order, the Summit form from the highest layer down, DOT with a rank for each layer."""
    graph = graph_of(residual)
    assert [row["layer"] for row in json.loads(to_json_text(graph))["nodes"]] == [
        node.channel.layer for node in graph.nodes
    ]
    assert list(json.loads(to_summit_text(graph, NAMES, {}))) == list(reversed(NAMES))
    ranks = [line for line in to_dot(graph).splitlines() if "rank=same" in line]
    assert [next(name for name in NAMES if f'"{name}/' in rank) for rank in ranks] == list(reversed(NAMES))


def test_a_sheet_is_drawn(residual: Database, tmp_path: Path) -> None:
    """Without a picture of any channel."""
    write_sheet(Sheet(graph_of(residual), Pictures()), tmp_path / "bear.png")
    assert (tmp_path / "bear.png").stat().st_size > 10_000


def test_classes_are_compared_by_position(residual: Database) -> None:
    """Layers and channels come in the network's order."""
    found = read_comparison(residual, "residual", ["bear", "lion"])
    assert [one.layer for one in found.layers] == list(NAMES)
    places = [by_position(NAMES)(one.channel) for one in found.channels]
    assert places == sorted(places)
    assert all(one.cosine is not None for one in found.layers)


def test_every_layer_has_an_embedding_and_neighbours(residual: Database) -> None:
    """From the lowest layer up."""
    summaries = [residual_class(name, 0).summary for name in CLASSES]
    positions = read_positions(residual, "residual", NAMES, summaries)
    assert all(found is not None and None not in found for found in positions.values())
    assert list(read_neighbours(residual, "residual", "bear")) == list(NAMES)


def test_motifs_run_upwards(residual: Database) -> None:
    """A chain is of neighbouring layers from the lowest up, and as long as the network has layers."""
    graphs = read_graph_set(residual, "residual")
    for motif in mine_motifs(graphs, size=4, min_support=1).select(limit=50):
        places = [NAMES.index(channel.layer) for channel in motif.channels]
        assert places == list(range(places[0], places[0] + 4))
    assert mine_motifs(graphs, size=12, min_support=1, rewirings=0).vertices.shape[1] == 12
    for stored in read_motifs(residual, "residual"):
        assert [channel.layer for channel in stored.channels] == list(
            NAMES[NAMES.index(stored.channels[0].layer) :][:3]
        )


def test_every_query_answers_with_its_defaults(residual: Database) -> None:
    """A query's default layer is one of this network."""
    graph = graph_of(residual)
    given = {"class": "bear", "other": "lion", "name": "bear", "classes": "bear,lion"}
    given["channel"] = str(next(node.channel for node in graph.nodes if node.channel.layer == MIDDLE))
    given["channels"] = given["channel"]
    given["motif"] = read_motifs(residual, "residual")[0].id
    empty = set()
    for query in list_queries():
        if any(one.meaning in COMPANIONS for one in query.parameters):
            continue
        own = {one.name: given[one.name] for one in query.parameters if one.name in given}
        if not run_question(residual, query, own, network="residual")[1]:
            empty.add(query.name)
    known = {"surprising_motifs", "everywhere_channels", "unexpected_channels", "shared_influences"}
    not_labelled = {"labelling", "channel_labels", "labels_of_channels"}
    assert empty <= known | not_labelled | {"class_relevance", "schema_version"}


@pytest.mark.parametrize(("word", "layer"), [("highest", NAMES[11]), ("third", NAMES[4]), (MIDDLE, MIDDLE)])
def test_a_layer_is_given_by_name_or_place(residual: Database, word: str, layer: str) -> None:
    """Words mean the same place in a network of any depth."""
    query = find_query("nearest_classes")
    rows = [
        run_question(residual, query, {"class": "bear", "layer": text}, network="residual")
        for text in (word, layer)
    ]
    assert rows[0] == rows[1]


def test_an_unknown_layer_is_an_error_that_lists_the_layers(residual: Database) -> None:
    """A query's parameter and a channel's layer."""
    query = find_query("nearest_classes")
    with pytest.raises(UnknownNameError, match=r"no layer 'mixed5b': its layers are stem, layer1\.0"):
        run_question(residual, query, {"class": "bear", "layer": "mixed5b"}, network="residual")
    query = find_query("classes_using_channel")
    with pytest.raises(UnknownNameError, match=r"no layer 'mixed4c', only stem, layer1\.0"):
        run_question(residual, query, {"channel": "mixed4c/1"}, network="residual")


def test_a_channel_s_name_may_have_slashes(residual: Database) -> None:
    """The index is what follows the last one."""
    channel = next(node.channel for node in graph_of(residual).nodes if node.channel.layer == "block/2")
    assert Channel.parse(str(channel)) == channel
    query = find_query("classes_using_channel")
    rows = run_question(residual, query, {"channel": str(channel)}, network="residual")[1]
    assert "bear" in [row[0] for row in rows]


def test_an_export_comes_back(residual: Database, tmp_path: Path) -> None:
    """With the same layers and the same attribution graph."""
    export_network(residual, find_network(residual, "residual"), tmp_path / "out")
    import_path(residual, tmp_path / "out", network="again")
    assert read_layers(residual, "again") == read_layers(residual, "residual")
    before, after = graph_of(residual), read_attribution_graph(residual, "again", "bear")
    assert [node.channel for node in after.nodes] == [node.channel for node in before.nodes]
    assert after.edges == before.edges


def test_the_strongest_path_climbs_sixty_layers(fresh_database: Database) -> None:
    """Of 2^59 paths and more; the best is as strong as its weakest edge."""
    names = [f"features.{at}" for at in range(60)]
    loader = NetworkLoader(fresh_database, residual_manifest(names), "deep")
    loader.load_class(residual_class("bear", 3, names))
    graph = read_attribution_graph(fresh_database, "deep", "bear")
    counts = {(str(edge.previous), str(edge.channel)): edge.count for edge in graph.edges}
    start = next(edge.previous for edge in graph.edges if edge.previous.layer == names[0])
    given = {"class": "bear", "channel": str(start)}
    limits = Limits(rows=5, seconds=120)
    rows = run_question(fresh_database, find_query("strongest_path"), given, network="deep", limits=limits)[1]
    for path, weakest, total in rows:
        weights = [counts[pair] for pair in itertools.pairwise(path)]
        assert (len(path), weakest, total) == (60, min(weights), sum(weights))
