"""Finds and reads the project's Cypher: one query per file under ``cypher/``, with its contract on top.

::

    // What the query answers, in a line or two.
    // needs:   full counts
    // params:  $class int (Class.id) · $limit int = 20
    // returns: channel, count
    MATCH …
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from summit_graph.errors import UnknownNameError, UsageError
from summit_graph.names import did_you_mean, split_list
from summit_graph.settings import package_folder

#: Folders whose queries only read and are offered to people by ``summit-graph query``.
READING_FOLDERS = ("question", "view")
#: The folder of the user's own queries (``store.own_queries``).
OWN = "own"
#: What queries may need of a network.
NEEDS = ("full counts", "several classes", "positions", "motifs", "groups")
_PARAMETER = re.compile(r"\$(\w+) (list of \[.*\]|list of \w+|\w+)(?: \(([^)]*)\))?(?: = (\S+))?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query: its type, its meaning, and a default as text (or None)."""

    name: str
    type: str
    meaning: str | None
    default: str | None

    @property
    def takes_list(self) -> bool:
        """Whether its value is a list."""
        return self.type.startswith("list of ")

    def texts(self, value: str | Sequence[str]) -> list[str]:
        """The parts of a given value: text for a list is split at commas, a list is not changed.

        Raises:
            UsageError: a list where one value is wanted.
        """
        if self.takes_list:
            return split_list(value) if isinstance(value, str) else list(value)
        if isinstance(value, str):
            return [value]
        if len(value) != 1:
            raise UsageError(f"{self.name} takes {self.type}, not a list of {len(value)}")
        return list(value)

    def parse(self, value: str | Sequence[str]) -> Any:
        """Parse a value as people write it; UsageError if it does not match the type."""
        kind = {"int": int, "float": float}.get(self.type.removeprefix("list of "), str)
        try:
            found = [kind(text) for text in self.texts(value)]
        except ValueError:
            raise UsageError(f"{self.name} takes {self.type}, not {value!r}") from None
        return found if self.takes_list else found[0]


@dataclass(frozen=True, slots=True)
class Query:
    """A named query: its contract and its text."""

    name: str
    folder: str
    description: str
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]
    text: str
    #: What a network must have for an answer, of ``NEEDS``.
    needs: tuple[str, ...] = ()


def read_query(path: str) -> Query:
    """The query ``<folder>/<name>``, such as ``view/classes``."""
    return _read_all()[path]


def find_query(name: str) -> Query:
    """A reading query by name or path; UnknownNameError lists similar names."""
    offered = {query.name: query for query in list_queries()}
    bare = name.rpartition("/")[2]
    if bare in offered and name in (bare, f"{offered[bare].folder}/{bare}"):
        return offered[bare]
    hint = did_you_mean(name, offered) or "; summit-graph query lists them"
    if " " in name:
        hint = ": Cypher of your own goes into the explorer's Ask page or Neo4j's own tools"
    raise UnknownNameError(f"there is no query {name!r}{hint}")


def list_queries() -> list[Query]:
    """The reading queries, questions first, then by name."""
    chosen = [query for query in _read_all().values() if query.folder in READING_FOLDERS]
    return sorted(chosen, key=lambda query: (query.folder, query.name))


def all_queries() -> list[Query]:
    """Every query of the project, reading or writing."""
    return list(_read_all().values())


@cache
def _read_all() -> dict[str, Query]:
    files = sorted(package_folder("cypher").glob("*/*.cypher"))
    parsed = (parse_query(file.read_text("utf-8"), name=file.stem, folder=file.parent.name) for file in files)
    return {f"{query.folder}/{query.name}": query for query in parsed}


def parse_query(content: str, *, name: str, folder: str) -> Query:
    """The query of a file with its contract on top."""
    header = _header(content)
    text = "\n".join(line for line in content.splitlines() if not line.startswith("//")).strip()
    fields = {key: read_field(content, key) for key in ("needs", "params", "returns")}
    description = [line for line in header if not line.startswith(("needs:", "params:", "returns:"))]
    columns = [] if fields["returns"] == "nothing" else [c.strip() for c in fields["returns"].split(",")]
    return Query(
        name=name,
        folder=folder,
        description=" ".join(description),
        parameters=tuple(_parameters(fields["params"])),
        columns=tuple(columns),
        text=text,
        needs=tuple(need.strip() for need in fields["needs"].split(",") if need.strip()),
    )


def _header(content: str) -> list[str]:
    return [line[2:].strip() for line in content.splitlines() if line.startswith("//")]


def read_field(content: str, key: str) -> str:
    """A field of the header; a long list of parameters may take several ``params:`` lines."""
    header = _header(content)
    found = [line.removeprefix(f"{key}:").strip() for line in header if line.startswith(f"{key}:")]
    return " · ".join(found)


def _parameters(text: str) -> list[Parameter]:
    return [Parameter(*match.groups()) for match in _PARAMETER.finditer(text)]
