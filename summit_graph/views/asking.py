"""Runs Cypher that a user typed, read-only.

1. ``EXPLAIN`` gives the query's type and operators without running it.
2. Only queries that read are accepted. Refused are queries that read files or URLs (LOAD CSV), list or end
   other users' queries (SHOW, TERMINATE), call a procedure that is not on the list, or call a function that
   projects graphs or connects elsewhere (gds, apoc, genai); and EXPLAIN and PROFILE, which return no rows.
3. An accepted query runs in a read-only session with limits on time and rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import neo4j
from neo4j.exceptions import AuthError, Neo4jError

from summit_graph.errors import UsageError, first_line
from summit_graph.store.connection import Database, translate_timeout

SECONDS = 20.0
ROWS = 1000
#: Procedures that only list the graph's labels, types and properties.
PROCEDURES = frozenset(
    {
        "db.labels",
        "db.relationshipTypes",
        "db.propertyKeys",
        "db.schema.visualization",
        "db.schema.nodeTypeProperties",
        "db.schema.relTypeProperties",
    }
)
#: Matches calls, not properties: a variable may be named ``ai``.
_OUTSIDE = re.compile(r"\b(?:gds|apoc|genai|ai|dbms)(?:\s*\.\s*\w+)++\s*\(", re.IGNORECASE)
#: After comments and options. Only for a clear message: the server refuses EXPLAIN PROFILE anyway.
#: Possessive quantifiers and unambiguous: no input makes the match slow.
_PREFIXED = re.compile(
    r"(?:\s|//[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/|CYPHER(?:\s++\d++)?+\s|\w++\s*+=\s*+\w++\s)*+(?:EXPLAIN|PROFILE)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"LoadCSV|Show\w*|Terminate\w*|AdministrationCommand", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A query's columns and rows; ``more`` is True where rows were cut off."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    more: bool


def ask(
    database: Database,
    text: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    rows: int = ROWS,
    seconds: float = SECONDS,
) -> Answer:
    """Run a Cypher query that only reads.

    Raises:
        UsageError: it does not only read, has an error, or exceeds the limits on time or memory.
    """
    with database.driver.session(database=database.name, default_access_mode=neo4j.READ_ACCESS) as session:
        try:
            check_reads_only(session, text, parameters or {})
            with translate_timeout(seconds):
                return _run(session, text, parameters or {}, rows, seconds)
        except AuthError:
            raise
        except Neo4jError as error:
            raise UsageError(first_line(error.message or error)) from None


def check_reads_only(session: neo4j.Session, text: str, parameters: Mapping[str, Any]) -> None:
    """Raise UsageError unless the query only reads the graph."""
    if not text.strip():
        raise UsageError("write a query first, such as MATCH (class:Class) RETURN class.name LIMIT 10")
    if _PREFIXED.match(text):
        raise UsageError("EXPLAIN and PROFILE are not allowed here: enter the query itself")
    # The user's text; EXPLAIN never runs it.
    summary = session.run(f"EXPLAIN {text}", dict(parameters)).consume()
    if summary.query_type != "r" or summary.plan is None:
        raise UsageError(
            "only queries that read the graph are allowed here: this one writes or administers the database"
        )
    for operator, details in _operators(summary.plan):
        if _REFUSED.fullmatch(operator):
            raise UsageError("LOAD CSV, SHOW and TERMINATE are not allowed here: query the graph")
        if operator == "ProcedureCall":
            _check_procedure(details)
        elif _OUTSIDE.search(details.replace("`", "")):
            raise UsageError("functions of gds, apoc, genai and dbms are not allowed here")
    if _OUTSIDE.search(text.replace("`", "")):
        raise UsageError("procedures and functions of gds, apoc, genai and dbms are not allowed here")


def _check_procedure(details: str) -> None:
    name = details.partition("(")[0].replace("`", "").strip()
    if name not in PROCEDURES:
        raise UsageError(f"procedure {name} is not allowed here; allowed are {', '.join(sorted(PROCEDURES))}")


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each operator's name and details in the plan."""
    yield plan["operatorType"].partition("@")[0], str(plan["args"].get("Details", ""))
    for child in plan.get("children", ()):
        yield from _operators(child)


def _run(
    session: neo4j.Session, text: str, parameters: Mapping[str, Any], rows: int, seconds: float
) -> Answer:
    # check_reads_only accepted the text, and the session is read-only.
    query = neo4j.Query(text, timeout=seconds)
    result = session.run(query, dict(parameters))
    found = [[_plain(value) for value in record.values()] for record in result.fetch(rows + 1)]
    columns = tuple(result.keys())
    result.consume()
    return Answer(columns, found[:rows], len(found) > rows)


def _plain(value: Any) -> Any:
    """Nodes, relationships and paths as maps, times as text, for a table."""
    if isinstance(value, neo4j.graph.Path):
        return [_plain(node) for node in value.nodes]
    if isinstance(value, neo4j.graph.Entity):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value.iso_format() if hasattr(value, "iso_format") else value
