"""A database of an older schema is brought up to date by the first writer."""

from __future__ import annotations

import pytest

from summit_graph.errors import DatabaseError
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.migration import migrate, prepare_to_write
from summit_graph.store.server.local import Endpoint
from summit_graph.views.classes import list_classes
from summit_graph.views.overview import read_positions
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class

OLD = """
MATCH (class:Class {network: 'shapes'})
WITH class ORDER BY class.name
WITH collect(class) AS classes
UNWIND range(0, size(classes) - 1) AS at
WITH classes[at] AS class, at
WITH class, at
WHERE class.name <> 'lion'
SET class.embedding_mixed3a = [toFloat(at), 0.5], class.embedding_mixed5b = [toFloat(at), 1.5]
"""
LEFT = """
MATCH (class:Class) WHERE any(key IN keys(class) WHERE key STARTS WITH 'embedding_')
RETURN count(class) AS left
"""


@pytest.fixture
def old(fresh_database: Database) -> Database:
    """Three classes, two of them with positions as older versions stored them."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    for seed, name in enumerate(("bear", "bus", "lion")):
        loader.load_class(random_class(name, seed))
    with fresh_database.driver.session() as session:
        session.run(OLD).consume()
    return fresh_database


def left(database: Database) -> int:
    with database.driver.session() as session:
        return int(session.run(LEFT).single(strict=True)["left"])


def positions(database: Database) -> dict[str, list[list[float] | None] | None]:
    classes = [one.summary for one in list_classes(database, "shapes")]
    return read_positions(database, "shapes", ["mixed3a", "mixed4a", "mixed5b"], classes)


def test_positions_move_to_relationships(old: Database) -> None:
    """Each class keeps its place in each layer, and no property is left."""
    prepare_to_write(old)
    assert positions(old) == {
        "mixed3a": [[0.0, 0.5], [1.0, 0.5], None],
        "mixed4a": None,
        "mixed5b": [[0.0, 1.5], [1.0, 1.5], None],
    }
    assert left(old) == 0


def test_a_second_migration_changes_nothing(old: Database) -> None:
    """Idempotent: an up-to-date database is not changed."""
    migrate(old)
    before = positions(old)
    migrate(old)
    assert positions(old) == before


def test_an_interrupted_migration_is_finished(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is one transaction: the next writer moves only the rest."""
    rows = old.read("load/embedding_properties", limit=1)
    keys = rows[0]["keys"]
    old.write(
        "load/move_embeddings",
        classes=[rows[0]["class"]],
        keys=keys,
        nothing=dict.fromkeys(keys),
    )
    assert left(old) == 1
    migrate(old)
    assert (left(old), positions(old)["mixed5b"]) == (0, [[0.0, 1.5], [1.0, 1.5], None])


def test_the_first_writer_migrates(old: Database) -> None:
    """Loading a class is enough, and the other classes keep their places."""
    NetworkLoader(old, manifest(), "shapes").load_class(random_class("lion", 7))
    assert positions(old)["mixed3a"] == [[0.0, 0.5], [1.0, 0.5], None]


def test_a_newer_schema_is_refused(database: Endpoint, fresh_database: Database) -> None:
    """Neither read nor changed: its graph may mean something else. Kind: data of another version."""
    with fresh_database.driver.session() as session:
        session.run("CREATE (:Counter {name: 'schema', value: 2})").consume()
    refused = pytest.raises(DatabaseError, match=r"newer version .*schema 2; this one knows 1.*update")
    with refused, open_database(Address.of(database)):
        pass
    with fresh_database.driver.session() as session:
        session.run("MATCH (counter:Counter {name: 'schema'}) DELETE counter").consume()
