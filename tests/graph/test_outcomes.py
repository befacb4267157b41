"""Classes split by outcome in the graph, and their comparison."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from summit_graph.cli import main
from summit_graph.counts.manifest import ClassTables
from summit_graph.records import Outcome
from summit_graph.store.connection import Database
from summit_graph.views.classes import find_class
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import class_tables, manifest

pytestmark = pytest.mark.usefixtures("environment")


def side(outcome: Outcome, images: int, counts: dict[int, int]) -> ClassTables:
    """One side of the class "tench", with counts of channels of mixed3a."""
    rows = [("mixed3a", channel, count) for channel, count in counts.items()]
    tables = class_tables(f"tench#{outcome}", rows, images=images)
    title = f"tench, {'rightly' if outcome == 'right' else 'wrongly'} classified"
    return replace(tables, summary=replace(tables.summary, title=title, base="tench", outcome=outcome))


@pytest.fixture
def tench(fresh_database: Database) -> Database:
    """Forty images right, ten wrong; channel 1 is in all wrong ones, channel 2 in most right ones."""
    loader = NetworkLoader(fresh_database, manifest(), "fish")
    loader.load_class(side("right", 40, {1: 4, 2: 36, 3: 20}))
    loader.load_class(side("wrong", 10, {1: 10, 2: 3, 3: 5}))
    return fresh_database


def test_the_graph_knows_base_and_outcome(tench: Database) -> None:
    """Not only by the class's name, which is a folder's name and may be anything."""
    found = find_class(tench, "fish", "tench#wrong").summary
    assert (found.base, found.outcome, found.folder) == ("tench", "wrong", "tench")
    assert found.title == "tench, wrongly classified"


def test_a_comparison_of_two_classes_says_what_each_has_more_often(
    tench: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """By shares, since one side has fewer images; an equal share is in neither list."""
    with pytest.raises(SystemExit):
        main(["compare", "tench#wrong", "tench#right", "--json"])
    more = json.loads(capsys.readouterr().out)["more"]
    assert {name: [one["channel"] for one in found] for name, found in more.items()} == {
        "tench#wrong": ["mixed3a/1"],
        "tench#right": ["mixed3a/2"],
    }
    first = more["tench#wrong"][0]
    assert (first["share"], first["other_share"]) == (1.0, 0.1)
    both = 14 / 50
    assert first["z"] == pytest.approx(0.9 / (both * (1 - both) * (1 / 10 + 1 / 40)) ** 0.5)
