"""A query that waits for another writer acts on what that one has committed, not on what it found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from neo4j import Record, Transaction

from summit_graph.store.class_writer import pending_class
from summit_graph.store.connection import Database, run
from summit_graph.store.networks import Network
from summit_graph.store.queries import read_query
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class
from tests.graph.test_loading import value

BEAR = random_class("bear", 1)
WAITING = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*)"
LABELS = "MATCH (class {id: $class}) WHERE class.network = 'shapes' RETURN labels(class)"
#: Seconds in which a query reaches the lock.
ENOUGH = 60


@pytest.fixture
def network(fresh_database: Database) -> Network:
    return NetworkLoader(fresh_database, manifest(), "shapes").network


@contextmanager
def committed_late(database: Database, query: str, **values: object) -> Iterator[None]:
    """The query runs before the block, and is committed when another transaction waits for its locks."""
    with database.driver.session() as session, session.begin_transaction() as transaction:
        transaction.run(read_query(query).text, values).consume()
        with ThreadPoolExecutor(1) as committing:
            done = committing.submit(commit_for_a_waiting_one, database, transaction)
            yield
        done.result()


def commit_for_a_waiting_one(database: Database, transaction: Transaction) -> None:
    until = time.monotonic() + ENOUGH
    while not value(database, WAITING):
        assert time.monotonic() < until, "no transaction waits"
        time.sleep(0.02)
    transaction.commit()


def test_a_class_that_is_published_meanwhile_is_not_retired(
    fresh_database: Database, network: Network
) -> None:
    """Its writer was killed while the server committed: the next command takes it for unfinished."""
    with pending_class(fresh_database, "shapes", BEAR.summary) as class_id:
        which = {"class": class_id}
        with committed_late(fresh_database, "load/publish_class", network="shapes", **which):
            fresh_database.write("load/retire_pending_class", **which)
    assert value(fresh_database, LABELS, **which) == ["Class"]


def test_a_class_that_is_retired_meanwhile_is_not_published(
    fresh_database: Database, network: Network
) -> None:
    """It is about to be deleted."""
    with pending_class(fresh_database, "shapes", BEAR.summary) as class_id:
        which = {"class": class_id}
        with committed_late(fresh_database, "load/retire_pending_class", **which):
            found = fresh_database.write("load/publish_class", network="shapes", **which)
    assert found == []
    assert value(fresh_database, LABELS, **which) == ["RetiredClass"]


def test_a_class_that_is_removed_meanwhile_is_not_ranked(fresh_database: Database) -> None:
    """``rank`` would write to a class that is being deleted."""
    class_id = NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
    created = value(fresh_database, "MATCH (network:Network) RETURN toString(network.created)")
    with committed_late(fresh_database, "load/retire_former_class", network="shapes", name="bear"):
        found = locked(fresh_database, class_id, created)
    assert found == []


def locked(database: Database, class_id: int, created: str) -> list[Record]:
    values = {"class": class_id, "created": created, "selected_by": "pagerank"}
    return database.transaction(lambda transaction: run(transaction, "rank/lock_class", **values))
