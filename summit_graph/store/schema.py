"""Constraints and indexes (SPEC 5), awaited: before an index answers, the planner walks everything."""

from __future__ import annotations

from summit_graph.store.connection import Database
from summit_graph.store.queries import all_queries


def create_schema(database: Database) -> None:
    """Make every constraint and index that is not there yet, and wait until they answer."""
    for query in all_queries():
        if query.folder == "schema" and query.name != "await_indexes":
            database.run_implicit(f"schema/{query.name}")
    database.run_implicit("schema/await_indexes")
