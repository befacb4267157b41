"""Every query in ``cypher/`` runs on a small network and returns the columns in its header."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from summit_graph.counts.manifest import RELEVANCE_SCHEMA
from summit_graph.errors import UsageError
from summit_graph.store.connection import Database
from summit_graph.store.queries import Query, all_queries, find_query, list_queries, read_query
from summit_graph.views.classes import find_class
from summit_graph.views.questions import run_question
from tests.count_tables import activations_table, random_class, table_of
from tests.graph.replacing import replace_before
from tests.shapes import SEEDS, add_groups, add_labels, add_positions_and_motifs, load_shapes, shape_classes


@pytest.fixture
def shapes(fresh_database: Database) -> Database:
    """The network with supports of the outputs, relevance, positions, stored motifs, labels and groups."""
    relevance = table_of([("mixed5b", 0, 0.5)], RELEVANCE_SCHEMA)
    classes = [
        replace(tables, outputs=activations_table([("mixed5b", output, 3)]), relevance=relevance)
        for output, tables in enumerate(shape_classes())
    ]
    load_shapes(fresh_database, classes)
    add_positions_and_motifs(fresh_database)
    add_labels(fresh_database)
    add_groups(fresh_database)
    return fresh_database


#: Queries that this network cannot answer, with the reason.
WITHOUT_ROWS = {
    "surprising_motifs": "motifs of random classes do not exceed chance",
    "schema_version": "the schema has its first version",
}


def arguments(database: Database, query: Query) -> dict[str, str]:
    """A value for every parameter without default."""
    other = "bear again" if query.name.rpartition("/")[2].startswith("shared") else "lion"
    graph = run_question(database, find_query("graph_channels"), {"class": "bear"}, network="shapes")[1]
    channel = next(row[0] for row in graph if row[0].startswith("mixed4e"))
    values = {"class": "bear", "other": other, "channel": channel, "name": "bear", "layer": "mixed4c"}
    motif = run_question(database, find_query("motifs"), {"limit": "1"}, network="shapes")[1][0][0]
    values |= {"activation": "shapes", "relevance": "shapes", "against": "shapes", "contributes": "1"}
    values |= {"classes": "bear,lion", "layers": "mixed4c,mixed5a", "motif": motif, "channels": channel}
    return {p.name: values[p.name] for p in query.parameters if p.name in values}


def test_every_reading_query_returns_its_columns(shapes: Database) -> None:
    """Columns are those of the header, in order, and there are rows."""
    empty = set()
    for query in list_queries():
        columns, rows = run_question(shapes, query, arguments(shapes, query), network="shapes")
        with shapes.driver.session() as session:
            values = {p.name: _explained(shapes, p.name, p.type) for p in query.parameters}
            assert list(session.run(query.text, values).keys()) == columns == list(query.columns), query.name
        if not rows:
            empty.add(query.name)
    assert empty == set(WITHOUT_ROWS)


def test_every_writing_query_is_valid(shapes: Database) -> None:
    """EXPLAIN accepts it, with the parameters of its header, and it returns the header's columns."""
    for query in all_queries():
        if query.folder in ("load", "rank"):
            values = {p.name: _explained(shapes, p.name, p.type) for p in query.parameters}
            with shapes.driver.session() as session:
                result = session.run(f"EXPLAIN {query.text}", values)
                assert list(result.keys()) == list(query.columns), query.name


def test_every_query_is_valid_in_cypher_25(shapes: Database) -> None:
    """The default of new databases from Neo4j 2026.02 on (kind: a server newer than the local one)."""
    for query in all_queries():
        values = {p.name: _explained(shapes, p.name, p.type) for p in query.parameters}
        with shapes.driver.session() as session:
            session.run(f"CYPHER 25 EXPLAIN {query.text}", values).consume()


def test_no_question_scans_all_influences(shapes: Database) -> None:
    """No plan scans every relationship or every node for INFLUENCES."""
    for query in list_queries():
        values = {p.name: _explained(shapes, p.name, p.type) for p in query.parameters}
        with shapes.driver.session() as session:
            plan = session.run(f"EXPLAIN {query.text}", values).consume().plan
        assert not _operators(plan) & {"AllNodesScan", "UndirectedAllRelationshipsScan"}, query.name
        scans = {"DirectedRelationshipTypeScan", "UndirectedRelationshipTypeScan"}
        assert not (_operators(plan) & scans and ":INFLUENCES" in query.text), query.name


def test_shared_channels_are_the_intersection(shapes: Database) -> None:
    """The graphs of equal classes share every channel."""
    for other in ("lion", "bear again"):
        given = {"class": "bear", "other": other}
        _, rows = run_question(shapes, find_query("shared_channels"), given, network="shapes")
        own = {row[0] for row in _graph_channels(shapes, "bear")}
        assert {row[0] for row in rows} == own & {row[0] for row in _graph_channels(shapes, other)}
    assert rows


def test_only_channels_are_the_difference(shapes: Database) -> None:
    """The channels of one graph that are not in the other."""
    _, rows = run_question(
        shapes, find_query("only_channels"), {"class": "bear", "other": "lion"}, network="shapes"
    )
    own = {row[0] for row in _graph_channels(shapes, "bear")}
    assert {row[0] for row in rows} == own - {row[0] for row in _graph_channels(shapes, "lion")}


def test_the_strongest_path_reaches_the_top(shapes: Database) -> None:
    """It goes from a channel of the lowest layer to mixed5b and has the largest minimum count."""
    low = next(row[0] for row in _graph_channels(shapes, "bear") if row[0].startswith("mixed4e"))
    _, rows = run_question(
        shapes, find_query("strongest_path"), {"class": "bear", "channel": low}, network="shapes"
    )
    for path, weakest, total in rows:
        assert path[0] == low
        assert path[-1].startswith("mixed5b/")
        assert weakest * (len(path) - 1) <= total
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)


def test_a_class_is_not_compared_with_itself(shapes: Database) -> None:
    """Kind: a question whose answer means nothing. By any name of the class."""
    for other in ("bear", "brown bear"):
        given = {"class": "bear", "other": other}
        with pytest.raises(UsageError, match="class and other are the same"):
            run_question(shapes, find_query("discriminating_channels"), given, network="shapes")


def test_a_missing_parameter_is_named(shapes: Database) -> None:
    """The error shows how to specify it."""
    with pytest.raises(UsageError, match="-p class="):
        run_question(shapes, find_query("top_channels"), {}, network="shapes")


def test_an_unknown_parameter_is_named(shapes: Database) -> None:
    """A typo in the key."""
    with pytest.raises(UsageError, match="klass"):
        run_question(shapes, find_query("top_channels"), {"klass": "bear"}, network="shapes")


def _graph_channels(database: Database, name: str) -> list[list[Any]]:
    return run_question(database, find_query("graph_channels"), {"class": name}, network="shapes")[1]


def _explained(database: Database, name: str, kind: str) -> Any:
    values: dict[str, Any] = {
        "class": find_class(database, "shapes", "bear").id,
        "other": find_class(database, "shapes", "lion").id,
        "network": "shapes",
        "channel": "shapes/mixed4c/3",
        "name": "bear",
        "layer": "mixed4c",
    }
    defaults: dict[str, Any] = {"int": 5, "float": 0.5, "string": "x", "map": {"name": "x"}}
    if name == "classes" and kind == "list of int":
        return [values["class"], values["other"]]
    return defaults["map"] if kind == "map" else values.get(name, defaults.get(kind, []))


def _operators(plan: Any) -> set[str]:
    own = {plan["operatorType"].partition("@")[0]}
    return own.union(*(_operators(child) for child in plan.get("children", [])))


def test_a_class_is_found_by_its_title(shapes: Database) -> None:
    """Titles are compared without case."""
    query = read_query("question/top_channels")
    assert run_question(shapes, query, {"class": "BROWN BEAR"}, network="shapes")[1]


def test_a_query_is_repeated_if_its_class_is_replaced(
    shapes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are those of the new class, not the empty result of the deleted one."""
    before = _graph_channels(shapes, "bear")
    replaced = replace_before(monkeypatch, "question/graph_channels", random_class("bear", SEEDS["bear"]))
    assert _graph_channels(shapes, "bear") == before
    assert replaced
