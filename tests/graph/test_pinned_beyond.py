"""Pinned channels that a class's graph lacks: on the command line, on sheets and in Python."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from summit_graph.api import connect
from summit_graph.cli import main
from summit_graph.display.graph_data import graph_content
from summit_graph.formats.subgraphs import Subgraph, to_subgraph_text
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, Channel
from summit_graph.store.connection import Database
from summit_graph.views.beyond import read_beyond, with_pinned
from summit_graph.views.graphs import read_attribution_graph, read_layers
from tests.count_tables import random_class
from tests.shapes import NETWORK, load_shapes

#: Not a channel of the network.
GONE = "mixed4c/99999"


@pytest.fixture(scope="module")
def graph(filled: Database) -> AttributionGraph:
    load_shapes(filled, [random_class(name, seed) for seed, name in enumerate(("bear", "bus", "lion"))])
    return read_attribution_graph(filled, NETWORK, "bear")


@pytest.fixture
def outside(graph: AttributionGraph) -> Channel:
    own = {node.channel for node in graph.nodes}
    return next(one for one in (Channel("mixed4c", index) for index in range(8)) if one not in own)


@pytest.fixture
def own(outside: Channel) -> Subgraph:
    listed = [{"channel": str(outside), "label": "ground"}, {"channel": GONE}]
    return Subgraph.model_validate({"pinned": listed})


@pytest.fixture
def file(own: Subgraph, tmp_path: Path) -> Path:
    written = tmp_path / "own.json"
    written.write_text(to_subgraph_text(own), "utf-8")
    return written


def test_they_are_those_of_the_explorer(
    filled: Database, graph: AttributionGraph, outside: Channel, own: Subgraph
) -> None:
    """The same channel and influences as the explorer draws, in the graph's order."""
    found = with_pinned(filled, graph, own)
    beyond = read_beyond(filled, graph, [], pinned=[outside])
    assert set(found.nodes) == {*graph.nodes, *beyond.nodes}
    assert set(found.edges) == {*graph.edges, *beyond.edges}
    assert found.added == {outside}
    layers = [layer.name for layer in read_layers(filled, NETWORK)]
    order = [(layers.index(node.channel.layer), node.channel.index) for node in found.nodes]
    assert order == sorted(order)


def test_a_page_draws_them_apart(filled: Database, graph: AttributionGraph, own: Subgraph) -> None:
    """As channels that were not selected, with their influences."""
    found, layers = with_pinned(filled, graph, own), read_layers(filled, NETWORK)
    content = graph_content(found, layers=layers, pictures=Pictures())
    named = {str(channel) for channel in found.added}
    assert {node["id"] for node in content["nodes"] if node["extra"]} == named
    assert all(edge["extra"] == bool({edge["lower"], edge["upper"]} & named) for edge in content["edges"])


def test_an_imported_network_has_none(filled: Database, graph: AttributionGraph, own: Subgraph) -> None:
    """What was published beside a graph names channels ambiguously."""
    imported = replace(graph, parameters=None)
    assert with_pinned(filled, imported, own) == imported


@pytest.mark.parametrize("form", ["json", "graphml", "dot", "text"])
def test_every_format_has_them(graph, outside: Channel, file: Path, environment, capsys, form: str) -> None:
    """With the user's label; a line on stderr names the channel that the network lacks."""
    printed = run(capsys, "graph", "bear", "--subgraph", str(file), "--format", form)
    assert str(outside) in printed.out or f'"channel": {outside.index}' in printed.out
    assert "ground" in printed.out
    assert f"{GONE} of this subgraph is not in the graph" in printed.err
    assert str(outside) not in printed.err


def test_only_pinned_channels_can_be_beyond(
    graph, outside: Channel, own: Subgraph, file: Path, environment, capsys
) -> None:
    """A graph of nothing else."""
    file.write_text(to_subgraph_text(own.model_copy(update={"only_pinned": True})), "utf-8")
    value = json.loads(run(capsys, "graph", "bear", "--subgraph", str(file)).out)
    assert [(one["layer"], one["channel"]) for one in value["nodes"]] == [(outside.layer, outside.index)]


def test_a_sheet_has_them(graph, file: Path, environment, capsys, tmp_path: Path) -> None:
    """The command counts one channel more than the graph has."""
    printed = run(capsys, "sheet", "bear", "--subgraph", str(file), "--out", str(tmp_path / "bear.pdf"))
    assert f"{len(graph.nodes) + 1} channels of" in printed.err
    assert f"{GONE} of this subgraph is not in the graph" in printed.err


def test_python_has_them(graph, outside: Channel, file: Path, environment) -> None:
    """With label and influences; a warning names the channel that the network lacks."""
    with connect() as summit, pytest.warns(UserWarning, match=GONE):
        found = summit.graph("bear", subgraph=file)
    assert found.nodes[str(outside)]["label"] == "ground"
    assert found.degree[str(outside)] > 0


def run(capsys: pytest.CaptureFixture[str], *words: str):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--network", NETWORK])
    assert not ended.value.code
    return capsys.readouterr()
