"""The named queries of ``cypher/`` with parameters as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from summit_graph.errors import UsageError
from summit_graph.queries import Query
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.views.classes import find_class

#: Parameters that stand for something people call by another name; lists of them are given with commas.
MEANINGS = ("Class.id", "Class.name", "Channel.id")


def run_question(
    database: Database, query: Query, given: Mapping[str, str], *, network: str | None
) -> tuple[list[str], list[list[Any]]]:
    """A named query with parameters as texts: columns and rows.

    A parameter that stands for a class or a channel takes what people call it; one that stands for the
    network is filled in.
    """
    unknown = given.keys() - {parameter.name for parameter in query.parameters}
    if unknown:
        raise UsageError(f"query {query.name} has no parameter {sorted(unknown)[0]!r}")
    values = {
        parameter.name: _value(database, query, parameter.name, given, network)
        for parameter in query.parameters
    }
    rows = database.read(f"{query.folder}/{query.name}", **values)
    return list(query.columns), [[row[column] for column in query.columns] for row in rows]


def _value(database: Database, query: Query, name: str, given: Mapping[str, str], network: str | None) -> Any:
    parameter = next(parameter for parameter in query.parameters if parameter.name == name)
    if parameter.meaning == "Network.name":
        return find_network(database, given.get(name, network)).name
    text = given.get(name, parameter.default)
    if text is None:
        raise UsageError(f"query {query.name} needs -p {name}=…")
    if parameter.meaning not in MEANINGS:
        return parameter.parse(text)
    where = find_network(database, given.get("network", network)).name
    if parameter.type.startswith("list of"):
        return [_meant(database, where, part.strip(), parameter.meaning) for part in text.split(",")]
    return _meant(database, where, text, parameter.meaning)


def _meant(database: Database, network: str, text: str, meaning: str) -> Any:
    """What people call a channel or a class, as the graph knows it."""
    if meaning == "Channel.id":
        return f"{network}/{Channel.parse(text)}"
    stored = find_class(database, network, text)
    return stored.id if meaning == "Class.id" else stored.summary.name
