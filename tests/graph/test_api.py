"""The Python API: the example of the documentation, the notebook, and results as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

import summit_graph
from summit_graph.api import Connection
from summit_graph.settings import PACKAGE
from summit_graph.store.connection import Database
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.workflows.import_network import import_path
from tests.code_blocks import code_blocks
from tests.notebooks import run_notebook
from tests.shapes import SEEDS

ROOT = PACKAGE.parent
PUBLISHED = ROOT.parent / "shared" / "data" / "summit-published" / "data" / "ag"


@pytest.fixture
def connection(shapes: Database) -> Connection:
    """A connection to the network "shapes"."""
    return Connection(shapes)


def test_the_example_runs(
    connection: Connection,
    environment: None,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The unchanged Python code of docs/python-api.md runs and prints the shared channels."""
    blocks = code_blocks(ROOT / "docs" / "python-api.md", "python")
    assert blocks
    shared = connection.compare("brown bear", "lion").to_json()["shared"]["channels"]
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        exec(compile(block.text, "python-api.md", "exec"), {})
    assert str(shared) in capsys.readouterr().out


def test_a_graph_is_the_same_in_every_form(connection: Connection) -> None:
    """The NetworkX graph and the tables have the nodes and edges of the attribution graph."""
    graph = read_attribution_graph(connection.database, "shapes", "lion")
    found = connection.graph("lion")
    nodes, edges = connection.tables("lion")
    assert list(found) == nodes["channel"].tolist() == [str(node.channel) for node in graph.nodes]
    assert found.number_of_edges() == len(edges) == len(graph.edges)
    assert edges["via"].isna().tolist() == [edge.via is None for edge in graph.edges]


def test_tables_have_their_columns(connection: Connection) -> None:
    """Networks, classes, specific channels and named queries are returned as tables."""
    assert connection.networks()["classes"].tolist() == [5]
    assert connection.classes()["name"].tolist() == list(SEEDS)
    specific = connection.specific_channels("bus")
    assert specific["p"].is_monotonic_increasing
    assert "channel" in connection.query("top_channels", class_="bus", limit=2).columns


def test_query_takes_lists(connection: Connection) -> None:
    """A list parameter takes any sequence of names; None omits a parameter."""
    classes = list(connection.classes()["name"])[:2]
    found = connection.query("activation_cosines", classes=classes)
    assert len(found)
    for same in (tuple(classes), connection.classes()["name"][:2], ",".join(classes)):
        assert connection.query("activation_cosines", classes=same).equals(found)
    assert len(connection.query("top_channels", class_=classes[0], limit=None))


def test_motifs_are_a_table(connection: Connection) -> None:
    """One row per motif, with the classes that have it."""
    found = connection.motifs(min_support=1, limit=3)
    assert len(found) == 3
    assert (found["support"] == found["classes"].map(len)).all()


def test_unknown_attribute_is_an_attribute_error() -> None:
    """The lazy import of the package gives its names and no others."""
    assert summit_graph.Connection is Connection
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        summit_graph.nothing_of_the_kind  # noqa: B018  # reading it raises


@pytest.mark.shared
def test_the_notebook_runs(fresh_database: Database, environment: None) -> None:
    """Every cell of examples/bears.ipynb runs on the published bears, and finds the paper's channels."""
    for output in (294, 295, 296, 297):
        import_path(fresh_database, PUBLISHED / f"ag-{output}.json", network="published")
    names = run_notebook("bears.ipynb")
    held = {row["channel"]: row["in"] for row in names["rows"]}
    assert held["mixed5a/796"] == "shared"
    assert held["mixed5a/33"] == held["mixed5a/460"] == "only"
    assert len(names["found"])
