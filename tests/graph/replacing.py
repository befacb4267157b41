"""A class that is replaced during a read."""

from __future__ import annotations

from typing import Any

import pytest

from summit_graph.counts.manifest import ClassTables
from summit_graph.store.connection import Database
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest


def replace_before(
    monkeypatch: pytest.MonkeyPatch, path: str, tables: ClassTables, *, network: str = "shapes"
) -> list[str]:
    """Load a class just before a query of this path is first read; the list is empty until then."""
    read: Any = Database.read
    replaced: list[str] = []

    def read_and_replace(database: Database, wanted: str, **values: Any) -> Any:
        if wanted == path and not replaced:
            replaced.append(path)
            NetworkLoader(database, manifest(), network).load_class(tables)
        return read(database, wanted, **values)

    monkeypatch.setattr(Database, "read", read_and_replace)
    return replaced
