"""Constraints and indexes (SPEC 5), awaited: without an index, the planner scans everything."""

from __future__ import annotations

from summit_graph.store.connection import Database
from summit_graph.store.queries import all_queries


def create_schema(database: Database) -> None:
    """Create missing constraints and indexes, and wait until they are online."""
    for query in all_queries():
        if query.folder == "schema" and query.name != "await_indexes":
            database.run_implicit(f"schema/{query.name}")
    database.run_implicit("schema/await_indexes")
