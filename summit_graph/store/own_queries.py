"""Queries of the user's own: ``.cypher`` files in a folder, with the contract of ``store.queries`` on top.

A file with a faulty header is left out, and the reason names it. The queries are the user's text: they are
run by ``views.asking``, which accepts only what reads.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from summit_graph.errors import UnknownNameError, UsageError
from summit_graph.settings import Home, QuerySettings
from summit_graph.store.queries import NEEDS, OWN, Query, find_query, list_queries, parse_query, read_field

#: Strings, quoted names and comments, in which a $ is no parameter.
_OPAQUE = re.compile(
    r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|`[^`]*+`|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/""", re.DOTALL
)
_USED = re.compile(r"\$(\w+)")
_NAME = re.compile(r"\w+")


class OwnQueries(NamedTuple):
    """The usable queries, sorted by name, and the reason for each other file by its name."""

    queries: list[Query]
    faults: dict[str, str]


def read_own_queries(folder: Path | None = None) -> OwnQueries:
    """Read the queries of a folder; by default of the one that the environment names or ``Home.queries``.

    Raises:
        UsageError: the environment names a folder that does not exist.
    """
    found = OwnQueries([], {})
    place = folder or QuerySettings().queries or _folder_of_home()
    for file in sorted(place.glob("*.cypher")) if place else []:
        try:
            found.queries.append(_read(file))
        except UsageError as error:
            found.faults[file.stem] = str(error)
    return found


def _folder_of_home() -> Path | None:
    """None for a user without a home folder, as in a container: the project's queries need none."""
    try:
        return Home().queries
    except UsageError:
        return None


def find_any_query(name: str, folder: Path | None = None) -> Query:
    """A query of the project, else of the user's own, by name.

    Raises:
        UnknownNameError: there is no such query; the message lists similar names.
        UsageError: the header of the user's own query is faulty.
    """
    try:
        return find_query(name)
    except UnknownNameError:
        own = read_own_queries(folder)
        if name in own.faults:
            raise UsageError(own.faults[name]) from None
        for query in own.queries:
            if query.name == name:
                return query
        raise


def _read(file: Path) -> Query:
    """A file's query; UsageError names the file and what is wrong with its header."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text in UTF-8: {error}") from None
    query = parse_query(text, name=file.stem, folder=OWN)
    if reason := _fault_of(query, text):
        raise UsageError(f"{file}: {reason}")
    return query


def _fault_of(query: Query, text: str) -> str | None:
    """What is wrong with a query's name or header; None if nothing is."""
    declared = {parameter.name for parameter in query.parameters}
    used = set(_USED.findall(_OPAQUE.sub(" ", query.text)))
    if not _NAME.fullmatch(query.name):
        return "its name may have letters, digits and _ only: rename it"
    if query.name in {one.name for one in list_queries()}:
        return f"summit-graph has a query {query.name} of its own: rename it"
    if not query.description:
        return "it lacks a description: start it with // and what it answers"
    if not all(query.columns):
        return "its header lacks // returns: with the names of its columns"
    if undeclared := used - declared:
        return f"// params: lacks ${min(undeclared)}, such as ${min(undeclared)} string"
    if unused := declared - used:
        return f"// params: has ${min(unused)}, which the query does not use"
    if odd := set(query.needs) - set(NEEDS):
        return f"// needs: has {min(odd)!r}, which is not one of {', '.join(NEEDS)}"
    if len(query.parameters) != read_field(text, "params").count("$"):
        return "// params: is not of the form $name type (meaning) = default, separated by ·"
    return None
