"""Queries of the user's own: ``.cypher`` files in a folder, with the contract of ``store.queries`` on top.

A file with a faulty header is left out, and the reason names it; ``write_own_query`` adds a file. The queries
are the user's text: they are run by ``views.asking``, which accepts only what reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from summit_graph.errors import NameTakenError, SummitGraphError, UnknownNameError, UsageError
from summit_graph.names import checked_part
from summit_graph.settings import Home, QuerySettings
from summit_graph.store.queries import NEEDS, OWN, Query, find_query, list_queries, parse_query, read_field
from summit_graph.system.atomic_files import write_whole
from summit_graph.system.own_folders import make_private_folder

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


def write_own_query(
    name: str, description: str, text: str, columns: Sequence[str], *, replace: bool = False
) -> Path:
    """Write a query of a network, with its header, to the folder that ``read_own_queries`` reads.

    Args:
        text: Cypher whose only parameter, if any, is ``$network``.
        columns: what the text returns.
        replace: whether to replace a query of this name.

    Raises:
        NameTakenError: there is a query of this name.
        UsageError: the name is not usable, a header cannot hold the query, or the user has no home folder.
        SummitGraphError: the file cannot be written.
    """
    file = (QuerySettings().queries or Home().queries) / checked_part(f"{name}.cypher", "query")
    wanted = Query(name, OWN, " ".join(description.split()), (), tuple(columns), _indented(text))
    content = "\n".join([*_header_of(wanted), wanted.text, ""])
    if reason := _lost_part(wanted) or _fault_of(parse_query(content, name=name, folder=OWN), content):
        raise UsageError(f"query {name!r} cannot be saved: {reason}")
    try:
        if file.exists() and not replace:
            raise NameTakenError(f"there is a query {name} already: {file}")
        make_private_folder(file.parent)
        write_whole(file, content)
    except OSError as error:
        raise SummitGraphError(f"{file} cannot be written: {error.strerror}") from None
    return file


def _header_of(query: Query) -> list[str]:
    """The lines of a query's header: description, the network if the text takes it, columns."""
    takes_network = "network" in _used(query.text)
    network = ["// params:  $network string (Network.name)"] if takes_network else []
    return [f"// {query.description}", *network, f"// returns: {', '.join(query.columns)}"]


def _indented(text: str) -> str:
    """The text with a space before each comment that would otherwise be a line of the header."""
    lines = text.replace("\r\n", "\n").strip("\n")
    return _OPAQUE.sub(lambda found: f" {found[0]}" if _is_comment_line(found) else found[0], lines)


def _is_comment_line(found: re.Match[str]) -> bool:
    return found[0].startswith("//") and found.string[: found.start()][-1:] in ("", "\n")


def _lost_part(query: Query) -> str | None:
    """Which part of a query would be read differently from its file; None if none would."""
    description, *_, returns = (parse_query(line, name="", folder=OWN) for line in _header_of(query))
    if description.description != query.description:
        return "its description starts with a word of the header, such as returns: change it"
    if returns.columns != query.columns:
        return "its header cannot hold the names of its columns: name each one with AS"
    if parse_query(query.text, name="", folder=OWN).text != query.text.strip():
        return "a line within a string or comment starts with //, or ends in an unusual way: change it"
    return None


def _used(text: str) -> set[str]:
    """The names of the parameters in a Cypher text."""
    return set(_USED.findall(_OPAQUE.sub(" ", text)))


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
    used = _used(query.text)
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
