"""A class that is replaced or ranked during a read."""

from __future__ import annotations

from collections.abc import Callable
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
    return act_before(
        monkeypatch,
        path,
        lambda database: NetworkLoader(database, manifest(), network).load_class(tables),
    )


def act_before(monkeypatch: pytest.MonkeyPatch, path: str, act: Callable[[Database], object]) -> list[str]:
    """Act just before a query of this path is first read; the list is empty until then."""
    read: Any = Database.read
    acted: list[str] = []

    def act_and_read(database: Database, wanted: str, **values: Any) -> Any:
        if wanted == path and not acted:
            acted.append(path)
            act(database)
        return read(database, wanted, **values)

    monkeypatch.setattr(Database, "read", act_and_read)
    return acted
