"""A class that is replaced while it is read: every answer is one of its two states, never a mixture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from summit_graph.cli import main
from summit_graph.counts.folder import CountFolder
from summit_graph.ranking.pagerank import rank_network
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.queries import find_query
from summit_graph.store.server.local import Endpoint
from summit_graph.views import questions
from summit_graph.views.activations import read_activation_rows
from summit_graph.views.classes import find_class
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.questions import run_question
from summit_graph.workflows.export_network import export_network
from tests.conftest import use_database
from tests.count_tables import random_class
from tests.graph.replacing import act_before, replace_before
from tests.graph.test_loading import rows
from tests.shapes import SEEDS

LATER = random_class("bear", 7)


def printed(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    endpoint: Endpoint,
    *words: str,
) -> str:
    use_database(monkeypatch, endpoint)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    return capsys.readouterr().out


def rank_by_counts(database: Database) -> None:
    """Rank all classes again, in another way than they were."""
    network = find_network(database, "shapes")
    assert network.parameters is not None
    rank_network(database, network, network.parameters, selected_by="counts")


def test_rows_of_a_replaced_class_are_its_new_ones(shapes: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the previous, deleted class would be zeros."""
    replaced = replace_before(monkeypatch, "view/activation_counts", LATER)
    found = read_activation_rows(shapes, "shapes")
    assert replaced
    expected = {
        row["channel"]: row["count"] for row in LATER.activations.to_pylist() if row["layer"] == "mixed4c"
    }
    counts = found.rows["mixed4c"][0].tolist()
    assert {channel: count for channel, count in enumerate(counts) if count} == expected


def test_a_class_that_is_added_meanwhile_is_not_in_the_rows(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of the others are correct without it, so nothing is read again."""
    replaced = replace_before(monkeypatch, "view/activation_counts", random_class("emu", 3))
    found = read_activation_rows(shapes, "shapes")
    assert replaced
    assert [one.summary.name for one in found.classes] == list(SEEDS)
    assert all(rows.any(axis=1).all() for rows in found.rows.values())


def test_graphs_of_a_replaced_class_are_its_new_ones(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Channels and influences are of one state."""
    replaced = replace_before(monkeypatch, "view/selected_influences", LATER)
    found = read_graph_set(shapes, "shapes", ["bear"])
    assert replaced
    assert len(found.lower)


def test_the_graph_of_a_class_that_is_ranked_again_is_its_new_one(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class keeps its id; channels and influences are of one ranking, which has ended."""
    acted = act_before(monkeypatch, "view/attribution_graph_edges", rank_by_counts)
    torn = read_attribution_graph(shapes, "shapes", "bear")
    assert acted
    assert torn == read_attribution_graph(shapes, "shapes", "bear")
    assert not find_class(shapes, "shapes", "bear").being_ranked


def test_a_class_whose_replacement_is_being_committed_is_awaited(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader may see neither of its states for a moment. Kind: a state between two states."""
    bear = find_class(shapes, "shapes", "bear")
    relabel = "MATCH (class {id: $id}) WHERE class:Class OR class:PendingClass "
    rows(shapes, relabel + "REMOVE class:Class SET class:PendingClass", id=bear.id)
    acted = act_before(
        monkeypatch,
        "view/number_of_classes",
        lambda database: rows(database, relabel + "REMOVE class:PendingClass SET class:Class", id=bear.id),
    )
    assert find_class(shapes, "shapes", "bear") == bear
    assert acted


def test_a_class_that_is_being_ranked_is_read_until_it_is_ranked(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a commit, readers may see half of it. Kind: a state between two states."""
    bear = find_class(shapes, "shapes", "bear")
    whole = read_attribution_graph(shapes, "shapes", "bear")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        shapes.write("rank/end_ranking", **{"class": bear.id})

    shapes.write("rank/begin_ranking", **{"class": bear.id})
    monkeypatch.setattr("summit_graph.views.classes.time.sleep", wait)
    assert read_attribution_graph(shapes, "shapes", "bear") == whole
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("query", "given", "ranked", "waits"),
    [
        ("graph_channels", {"class": "bear"}, "bear", 1),
        ("graph_channels", {"class": "bear"}, "lion", 0),
        ("unexpected_channels", {"class": "bear"}, "lion", 1),
        ("shared_channels", {"class": "lion", "other": "bear"}, "bear", 1),
        ("graph_sizes", {}, "bear", 1),
        ("common_chains", {}, "bear", 1),
        ("everywhere_channels", {}, "bear", 0),
    ],
)
def test_a_query_waits_for_the_rankings_that_it_reads(
    query: str,
    given: dict[str, str],
    ranked: str,
    waits: int,
    shapes: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those of its classes, or where it may read any class, of all. Kind: a state between two states."""
    being_ranked = {"class": find_class(shapes, "shapes", ranked).id}
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        shapes.write("rank/end_ranking", **being_ranked)

    shapes.write("rank/begin_ranking", **being_ranked)
    monkeypatch.setattr("summit_graph.views.classes.time.sleep", wait)
    run_question(shapes, find_query(query), given, network="shapes")
    assert len(waited) == waits


def test_a_query_of_rankings_that_change_meanwhile_is_repeated(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are of one ranking, which has ended."""
    query = find_query("graph_sizes")
    reads: list[list[list[object]]] = []
    read_rows = questions._read_rows

    def read_then_rank(*given: Any) -> Any:
        reads.append(read_rows(*given))
        if len(reads) == 1:
            rank_by_counts(shapes)
        return reads[-1]

    monkeypatch.setattr(questions, "_read_rows", read_then_rank)
    _, found = run_question(shapes, query, {}, network="shapes")
    assert found == reads[1]


def test_the_published_form_has_one_state(
    shapes: Database,
    database: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every channel's largest influences and other numbers are those of the new class."""
    words = ("graph", "bear", "--format", "summit", "--network", "shapes")
    replaced = replace_before(monkeypatch, "view/influences_on_selected", LATER)
    torn = printed(capsys, monkeypatch, database, *words)
    assert replaced
    assert without_scores(torn) == without_scores(printed(capsys, monkeypatch, database, *words))


def test_an_export_has_one_state(shapes: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The class's graph and tables are both those of the new class."""
    replaced = replace_before(monkeypatch, "view/class_activations", LATER)
    export_network(shapes, find_network(shapes, "shapes"), tmp_path / "out")
    assert replaced
    graph = json.loads((tmp_path / "out" / "graphs" / "bear.json").read_text())
    tables = CountFolder(tmp_path / "out").read_class("bear")
    assert tables.activations.equals(LATER.activations)
    counts = {(row["layer"], row["channel"]): row["count"] for row in tables.activations.to_pylist()}
    assert {(n["layer"], n["channel"]): n["count"] for n in graph["nodes"]}.items() <= counts.items()


def without_scores(text: str) -> list[dict]:
    """GDS adds in an undefined order, so scores may differ in the last digit."""
    return [channel | {"pagerank": 0} for layer in json.loads(text).values() for channel in layer]
