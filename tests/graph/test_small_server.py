"""A real server that has little memory for a transaction: batches are halved until they fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.synthetic import LAYERS, synthetic_classes
from summit_graph.counts import ClassTables, Manifest, with_influences
from summit_graph.records import Parameters
from summit_graph.settings import Home
from summit_graph.store import local
from summit_graph.store.channels import read_network_channels
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.load import pending_class, write_counts
from summit_graph.store.local import LocalServer
from summit_graph.store.networks import open_network
from summit_graph.store.removal import clear_retired
from summit_graph.store.schema import create_schema
from summit_graph.store.server_files import ServerFiles, write_conf
from tests.graph.test_loading import value

INFLUENCES = 20_000  # one batch


@pytest.fixture
def small_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A server whose transactions may take 6 MB each; 20,000 relationships need more."""

    def write_small_conf(files: ServerFiles, port: int) -> None:
        write_conf(files, port)
        with (files.conf / "neo4j.conf").open("a") as conf:
            conf.write("db.memory.transaction.max=6m\n")

    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setattr(local, "write_conf", write_small_conf)
    server = LocalServer(ServerFiles(tmp_path / "neo4j"))
    endpoint = server.start()
    with open_database(Address(endpoint.uri, endpoint.username, endpoint.password)) as database:
        yield database
    server.stop()


@pytest.mark.slow
def test_batches_are_halved_until_they_fit(small_server: Database) -> None:
    """Writing and clearing away alike."""
    manifest = Manifest("synthetic", "0" * 64, Parameters(), LAYERS, "synthetic")
    create_schema(small_server)
    open_network(small_server, manifest, "large")
    tables = _one_batch(manifest)
    channels = read_network_channels(small_server, "large")
    count = "MATCH ()-[r:INFLUENCES]->() RETURN count(r)"
    with pending_class(small_server, "large", tables.summary) as class_id:
        write_counts(small_server, channels, class_id, tables)
    assert value(small_server, count) == INFLUENCES
    small_server.write("load/retire_pending_class", **{"class": class_id})
    clear_retired(small_server)
    assert value(small_server, count) == 0


def _one_batch(manifest: Manifest) -> ClassTables:
    tables = with_influences(next(synthetic_classes(0, 1, 0)), manifest)
    assert tables.influences is not None
    return replace(tables, influences=tables.influences.slice(0, INFLUENCES))
