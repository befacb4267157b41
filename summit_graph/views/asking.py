"""Runs Cypher that a user typed, read-only.

1. ``EXPLAIN`` gives the query's type and operators without running it.
2. Only queries that read are accepted. Refused are queries that read files or URLs (LOAD CSV), list or end
   other users' queries (SHOW, TERMINATE), call a procedure that is not on the list, or call a function that
   projects graphs or connects elsewhere (gds, apoc, genai); and EXPLAIN and PROFILE, which return no rows.
3. An accepted query runs in a read-only session with limits on time, rows and the length of lists in a cell.
   The time limit holds also for a server that does not keep it, such as while it plans.
4. Expressions are not part of the server's limits on time and memory. Refused are therefore long and deeply
   nested texts, which are slow to plan, and the common ways to create very large values: ``reduce``, and
   ``range`` outside of UNWIND. If the server ends nevertheless, the error names the query as probable cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import neo4j
from neo4j.exceptions import AuthError, Neo4jError, ServiceUnavailable, SessionExpired

from summit_graph.errors import DatabaseError, UsageError, first_line
from summit_graph.store.connection import Database, timeout_error, translate_timeout
from summit_graph.system.background import has_ended, in_background

SECONDS = 20.0
#: In addition, for the server to end the query and answer. It does not end planning.
GRACE = 5.0
ROWS = 1000
#: Elements of a list in a cell; the rest is cut.
ELEMENTS = 1000
#: Letters of a text; names and keywords, and operators, outside of strings and comments; nested brackets or
#: consecutive NOTs; WITH clauses; XOR and labels joined by &, of which each one doubles the planning.
LETTERS, WORDS, OPERATORS, NESTING, WITHS, EXCLUSIVE = 50_000, 1000, 150, 50, 15, 10
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
_WITH = re.compile(r"\bWITH\b", re.IGNORECASE)
_NOTS = re.compile(rf"(?:\bNOT\b\s*){{{NESTING + 1}}}", re.IGNORECASE)
#: Expressions whose values the server's memory limits do not include.
_UNLIMITED = re.compile(r"\breduce\s*\(|(?<!UNWIND )\brange\s*\(", re.IGNORECASE)
_ESCAPED = re.compile(r"\\u+([0-9a-fA-F]{4})")
#: A comment, string or name without an end is the rest of the text: the server refuses it, and no input makes
#: the match slow.
_COMMENT = re.compile(r"//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)")
#: What takes no planning, whatever is in it: strings, quoted names, comments, numbers.
_OPAQUE = re.compile(
    r"""'(?:[^'\\]|\\.?)*+(?:'|\Z)|"(?:[^"\\]|\\.?)*+(?:"|\Z)|`[^`]*+(?:`|\Z)|\b\d[\d_]*+(?:\.\d++)?|"""
    + _COMMENT.pattern,
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d]\w*+")
_OPERATOR = re.compile(r"[-+*/%^<>=!&|.\[]|\b(?:AND|OR|XOR|NOT|IS|CASE|WHEN)\b", re.IGNORECASE)
_EXCLUSIVE = re.compile(r"&|\bXOR\b", re.IGNORECASE)
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
        DatabaseError: the server ended while it ran the query.
    """
    answer = in_background(partial(_ask, database, text, parameters or {}, rows, seconds))
    if not has_ended(answer, seconds + GRACE):
        raise timeout_error(seconds)
    return answer.result()


def _ask(database: Database, text: str, parameters: Mapping[str, Any], rows: int, seconds: float) -> Answer:
    with database.driver.session(database=database.name, default_access_mode=neo4j.READ_ACCESS) as session:
        try:
            with translate_timeout(seconds):
                check_reads_only(session, text, parameters, seconds=seconds)
                return _run(session, text, parameters, rows, seconds)
        except AuthError:
            raise
        except Neo4jError as error:
            raise UsageError(first_line(error.message or error)) from None
        except (ServiceUnavailable, SessionExpired):
            raise DatabaseError(
                "the database stopped while it ran this query, probably because its values need too much "
                "memory: return less, or aggregate with UNWIND and count or collect"
            ) from None


def check_reads_only(
    session: neo4j.Session, text: str, parameters: Mapping[str, Any], *, seconds: float = SECONDS
) -> None:
    """Raise UsageError unless the query only reads the graph, with limited values."""
    if not text.strip():
        raise UsageError("write a query first, such as MATCH (class:Class) RETURN class.name LIMIT 10")
    if _PREFIXED.match(text):
        raise UsageError("EXPLAIN and PROFILE are not allowed here: enter the query itself")
    _check_size(text)
    # The user's text; EXPLAIN never runs it.
    query = neo4j.Query(f"EXPLAIN {text}", timeout=seconds)
    summary = session.run(query, dict(parameters)).consume()
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


def _check_size(text: str) -> None:
    """Raise UsageError if planning the text could take very long, or its values very much memory."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if len(text) > LETTERS or _is_complex(plain):
        raise UsageError(
            f"the query is too long or too deeply nested: at most {LETTERS:,} letters, {WORDS:,} names and "
            f"keywords, {OPERATORS} operators, {NESTING} levels of brackets or NOT, {WITHS} times WITH, and "
            f"{EXCLUSIVE} times XOR or &"
        )
    if _UNLIMITED.search(" ".join(_COMMENT.sub(" ", plain).replace("`", "").split())):
        raise UsageError(
            "reduce, and range outside of UNWIND, are not allowed here, because their memory is not limited: "
            "write UNWIND range(…) AS x, and aggregate with sum or collect"
        )


def _is_complex(text: str) -> bool:
    """Whether planning could take very long: the server's time limit does not end it."""
    code = _OPAQUE.sub(" ", text)
    depth = accumulate(code, lambda depth, letter: depth + (letter in "([{") - (letter in ")]}"), initial=0)
    numbers = ((_WORD, WORDS), (_OPERATOR, OPERATORS), (_WITH, WITHS), (_EXCLUSIVE, EXCLUSIVE))
    too_many = any(len(pattern.findall(code)) > most for pattern, most in numbers)
    return too_many or max(depth) > NESTING or _NOTS.search(code) is not None


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
        return [_plain(one) for one in value[:ELEMENTS]]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value.iso_format() if hasattr(value, "iso_format") else value
