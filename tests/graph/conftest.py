"""Fixtures for tests with a database."""

from __future__ import annotations

import pytest

from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.conftest import use_database
from tests.shapes import load_shapes, shape_classes


@pytest.fixture
def shapes(fresh_database: Database) -> Database:
    """The network "shapes" with five counted classes, the first two of which have equal counts."""
    return load_shapes(fresh_database, shape_classes())


@pytest.fixture
def environment(database: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables with the address of the test database."""
    use_database(monkeypatch, database)
