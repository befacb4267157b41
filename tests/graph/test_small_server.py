"""A real server with little memory per transaction, and one that ends during a query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from benchmarks.synthetic import LAYERS
from summit_graph.counts.manifest import Manifest
from summit_graph.errors import DatabaseError, TransactionTooLargeError
from summit_graph.records import Parameters
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.networks import list_networks, open_network
from summit_graph.store.schema import create_schema
from summit_graph.views.asking import ask
from tests.graph.own_server import configured_server


@pytest.fixture
def small_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A server whose transactions may use 6 MB each: less than 5,488 channels need."""
    server = configured_server(tmp_path, "db.memory.transaction.max=6m", monkeypatch)
    endpoint = server.start()
    with open_database(Address.of(endpoint)) as database:
        yield database
    server.stop()


@pytest.mark.slow
def test_too_little_memory_is_a_one_line_error(small_server: Database) -> None:
    """The error explains what to do, and nothing is written."""
    manifest = Manifest("synthetic", "0" * 64, Parameters(), LAYERS, "synthetic")
    create_schema(small_server)
    with pytest.raises(TransactionTooLargeError, match="SUMMIT_GRAPH_BATCH"):
        open_network(small_server, manifest, "large")
    assert list_networks(small_server) == []


@pytest.mark.slow
def test_a_server_that_ends_during_a_query_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Java ends at its first allocation that fails. The error names the query as the probable cause."""
    endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)"
    server = configured_server(tmp_path, "db.memory.transaction.max=128m", monkeypatch)
    with open_database(Address.of(server.start())) as database:
        process = server.process()
        assert process is not None
        Timer(2, process.kill).start()
        with pytest.raises(DatabaseError, match="stopped while it ran this query"):
            ask(database, endless)
    with open_database(Address.of(server.start())) as database:
        assert ask(database, "RETURN 1 AS one").rows == [[1]]
    server.stop()
