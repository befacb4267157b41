"""A real server with little memory per transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.synthetic import LAYERS
from summit_graph.counts.manifest import Manifest
from summit_graph.errors import TransactionTooLargeError
from summit_graph.records import Parameters
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.networks import list_networks, open_network
from summit_graph.store.schema import create_schema
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
