"""A connection that breaks after a commit and before its answer: the outcome is unknown to the client."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from summit_graph.errors import DatabaseError
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.removal import remove_class
from summit_graph.store.schema import create_schema
from summit_graph.store.server.local import Endpoint
from tests.graph.cutting_proxy import CuttingProxy, cutting_proxy
from tests.graph.test_loading import BEAR, LION, load, value, whole_graph


def write_through_proxy(
    endpoint: Endpoint, *, cut_at: int | None = None, restart_at: int | None = None, refuse: str | None = None
) -> CuttingProxy:
    """Load a class and remove another through the proxy."""
    port = urlsplit(endpoint.uri).port
    assert port is not None
    with cutting_proxy(port, cut_at=cut_at, restart_at=restart_at, refuse=refuse) as proxy:
        with open_database(replace(Address.of(endpoint), uri=proxy.uri)) as database:
            load(database, BEAR)
            remove_class(database, "shapes", "lion")
        return proxy


@pytest.mark.slow
def test_a_commit_without_an_answer_is_not_repeated(database: Endpoint, fresh_database: Database) -> None:
    """A class is written again. Else the command ends with an error; run again, it gives the same graph.

    Kind: a repeated write whose first attempt had an effect.
    """
    load(fresh_database, LION)
    commits = write_through_proxy(database).commits
    undisturbed = whole_graph(fresh_database)
    assert commits > 5
    finished = 0
    for cut_at in range(1, commits + 1):
        if value(fresh_database, "MATCH (n:Class {name: 'lion'}) RETURN count(n)") == 0:
            load(fresh_database, LION)
        with suppress(DatabaseError):
            write_through_proxy(database, cut_at=cut_at)
            finished += 1
        assert value(fresh_database, "MATCH (n:Class {name: 'bear'}) RETURN count(n)") <= 1
        load(fresh_database, BEAR)
        if value(fresh_database, "MATCH (n:Class {name: 'lion'}) RETURN count(n)"):
            remove_class(fresh_database, "shapes", "lion")
        assert whole_graph(fresh_database) == undisturbed, f"the answer to commit {cut_at} was lost"
    assert finished > commits / 2


@pytest.mark.slow
def test_a_restarted_proxy_is_waited_for(database: Endpoint, fresh_database: Database) -> None:
    """The command goes on, or where a commit's answer is lost ends with an error; run again, it gives the
    graph of an undisturbed run.

    Kind: a connection that is away for a second.
    """
    load(fresh_database, LION)
    requests = write_through_proxy(database).requests
    undisturbed = whole_graph(fresh_database)
    finished = 0
    for restart_at in range(10, requests, requests // 4):
        load(fresh_database, LION)
        remove_class(fresh_database, "shapes", "bear")
        with suppress(DatabaseError):
            write_through_proxy(database, restart_at=restart_at)
            finished += 1
        load(fresh_database, BEAR)
        if value(fresh_database, "MATCH (n:Class {name: 'lion'}) RETURN count(n)"):
            remove_class(fresh_database, "shapes", "lion")
        assert whole_graph(fresh_database) == undisturbed, f"after a restart at request {restart_at}"
    assert finished


@pytest.mark.parametrize("number", [13, 17])
def test_schema_changes_wait_for_a_restarted_proxy(
    number: int, database: Endpoint, fresh_database: Database
) -> None:
    """They are no managed transactions, which the driver repeats. Kind: one way to write that gives up."""
    port = urlsplit(database.uri).port
    assert port is not None
    with cutting_proxy(port, restart_at=number) as proxy:
        with open_database(replace(Address.of(database), uri=proxy.uri)) as opened:
            create_schema(opened)
        assert proxy.requests > number


@pytest.mark.parametrize(
    "code", ["Neo.ClientError.Cluster.NotALeader", "Neo.TransientError.Cluster.LeaderUnavailable"]
)
def test_a_change_of_leader_is_waited_for(code: str, database: Endpoint, fresh_database: Database) -> None:
    """As a cluster's former leader answers: the transaction is repeated, and has its effect once."""
    load(fresh_database, LION)
    port = urlsplit(database.uri).port
    assert port is not None
    with cutting_proxy(port, refuse=code) as proxy:
        with open_database(replace(Address.of(database), uri=proxy.uri)) as opened:
            opened.write("load/next_class_id")
        assert proxy.refuse is None
