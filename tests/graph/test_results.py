"""Results of the Python API that show themselves: pages, pictures, tables, and the examples of docstrings."""

from __future__ import annotations

import contextlib
import doctest
import re
from pathlib import Path

import pytest
from PIL import Image

import summit_graph
from summit_graph import api
from summit_graph.api import Connection
from summit_graph.display.results import ClassGraph
from summit_graph.errors import UsageError
from summit_graph.store.connection import Database
from tests.shapes import load_shapes, shape_classes


@pytest.fixture(scope="module")
def summit(filled: Database) -> Connection:
    """A connection to the network "shapes"."""
    return Connection(load_shapes(filled, shape_classes()))


def test_the_docstrings_examples_run(summit: Connection, environment: None, tmp_path: Path) -> None:
    """Every example in the docstrings of the Python API, on the network "shapes"."""
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
    names = {"summit": summit}
    with contextlib.chdir(tmp_path):
        for one in finder.find(api, "summit_graph.api", globs=names):
            runner.run(one)
    assert runner.summarize().attempted >= 8
    assert runner.summarize().failed == 0


def test_a_closed_connection_leaves_results_usable(
    summit: Connection, environment: None, tmp_path: Path
) -> None:
    """``connect`` needs no ``with`` block; graph, comparison and motifs are written after ``close``."""
    opened = summit_graph.connect()
    results = [opened.graph("lion"), opened.compare("lion", "bus"), opened.motifs(min_support=1, limit=2)]
    opened.close()
    for at, one in enumerate(results):
        one.to_html(tmp_path / f"{at}.html")
    assert "Attribution graph of lion" in (tmp_path / "0.html").read_text("utf-8")


def test_a_comparison_is_tables_too(summit: Connection) -> None:
    """Channels with the number of images of each class that has them; layers with their similarity."""
    found = summit.compare("lion", "bus")
    channels, edges, layers = found.tables()
    assert channels["channel"].tolist() == [str(one.channel) for one in found.channels]
    assert (channels["lion"].isna() | channels["bus"].isna()).equals(channels["in"] == "only")
    assert len(edges) == len(found.edges)
    assert list(layers.columns) == ["layer", "jaccard", "cosine"]


def test_a_graph_becomes_an_object_of_neo4j_viz(summit: Connection) -> None:
    """Its nodes and relationships, in the rows of the layers, the highest on top."""
    pytest.importorskip("neo4j_viz")
    graph = summit.graph("lion")
    found = graph.viz()
    assert [node.id for node in found.nodes] == list(graph)
    assert len(found.relationships) == graph.number_of_edges()
    heights = {node.properties["layer"]: float(node.y or 0) for node in found.nodes}
    assert list(heights.values()) == sorted(heights.values(), reverse=True)


def test_a_graph_is_written_as_a_picture(summit: Connection, tmp_path: Path) -> None:
    """``to_png`` needs no browser."""
    summit.graph("lion").to_png(tmp_path / "lion.png")
    assert Image.open(tmp_path / "lion.png").width > 500


def test_a_copy_of_a_graph_is_shown_as_text(summit: Connection, tmp_path: Path) -> None:
    """A subgraph has no page (kind: a copy that shows what it no longer is)."""
    part = summit.graph("lion").subgraph([]).copy()
    assert isinstance(part, ClassGraph)
    assert part._repr_html_() is None
    with pytest.raises(UsageError, match=re.escape("a copy of a result has no page")):
        part.to_html(tmp_path / "part.html")
