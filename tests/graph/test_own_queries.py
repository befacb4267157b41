"""Queries of the user's own on a real database: they only read, within the limits of the Ask page."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.errors import UsageError
from summit_graph.store.connection import Database
from summit_graph.store.own_queries import find_any_query
from summit_graph.views.questions import Limits, run_question
from summit_graph.workflows.load import NetworkLoader
from tests.code_blocks import code_blocks
from tests.count_tables import manifest, random_class

PAGE = Path(__file__).parent.parent.parent / "docs" / "cypher.md"
HEADER = """// What is asked.
// params:  $class int (Class.id)
// returns: name
"""


def ask(database: Database, folder: Path, text: str, limits: Limits | None = None) -> list[list[object]]:
    (folder / "mine.cypher").write_text(HEADER + text, "utf-8")
    query = find_any_query("mine", folder)
    return run_question(database, query, {"class": "bear"}, network="shapes", limits=limits)[1]


def test_own_queries_take_names_and_only_read(fresh_database: Database, tmp_path: Path) -> None:
    """A class is given by name; a query that writes, has other columns, or too many rows is refused."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    named = "MATCH (class:Class {id: $class}) "
    assert ask(fresh_database, tmp_path, f"{named} RETURN class.name AS name") == [["bear"]]
    with pytest.raises(UsageError, match="query mine cannot be run: only queries that read"):
        ask(fresh_database, tmp_path, f"{named} SET class.name = 'x' RETURN class.name AS name")
    with pytest.raises(UsageError, match="returns other, and its header says name"):
        ask(fresh_database, tmp_path, f"{named} RETURN class.name AS other")
    many = f"{named} UNWIND range(1, 1001) AS at RETURN at AS name"
    with pytest.raises(UsageError, match="more than 1,000 rows"):
        ask(fresh_database, tmp_path, many)
    assert len(ask(fresh_database, tmp_path, many, Limits(rows=7, seconds=5))) == 7
    assert ask(fresh_database, tmp_path, f"{named} RETURN class.name AS name") == [["bear"]]


def test_the_example_runs(fresh_database: Database, tmp_path: Path) -> None:
    """The unchanged Cypher of docs/cypher.md, as a file."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    [text] = [block.text for block in code_blocks(PAGE, "cypher") if "// returns:" in block.text]
    (tmp_path / "rarest.cypher").write_text(text, "utf-8")
    query = find_any_query("rarest", tmp_path)
    rows = run_question(fresh_database, query, {"class": "bear"}, network="shapes")[1]
    assert len(rows) == 10
    assert {graphs for _, graphs in rows} == {1}
