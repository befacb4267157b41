"""The named queries of ``cypher/`` with parameters as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, find_network
from summit_graph.store.queries import Query
from summit_graph.views.classes import find_class, read_one_state

#: Parameters that stand for something people call by another name; lists of them are given with commas.
MEANINGS = ("Class.id", "Class.name", "Channel.id")
#: Parameters as people give them; a list as one text with commas, or as its parts.
Given = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an answer is read at most, and how many seconds it may take."""

    rows: int
    seconds: float


def run_question(
    database: Database,
    query: Query,
    given: Given,
    *,
    network: str | None,
    limits: Limits | None = None,
) -> tuple[list[str], list[list[Any]]]:
    """A named query with parameters as texts: columns and rows.

    A parameter that stands for a class or a channel takes what people call it; one that stands for the
    network is filled in. Where a class was replaced meanwhile, the query is put again.

    Raises:
        UsageError: a parameter is unknown, missing or of another type, or the limits' seconds are over.
        SummitGraphError: the network lacks what the query needs for an answer, or a class is replaced again
            and again.
    """
    unknown = given.keys() - {parameter.name for parameter in query.parameters}
    if unknown:
        raise UsageError(f"query {query.name} has no parameter {sorted(unknown)[0]!r}")
    asked = partial(_values, database, query, given, network)
    if query.needs:
        asked()  # wrong usage comes before what is lacking
        _check_needs(database, query, _network_of(database, given, network))
    path = f"{query.folder}/{query.name}"
    rows = read_one_state(
        asked,
        lambda values: (
            database.read_first(path, values, rows=limits.rows, seconds=limits.seconds)
            if limits
            else database.read(path, **values)
        ),
        of=f"the classes of query {query.name}",
    )
    return list(query.columns), [[row[column] for column in query.columns] for row in rows]


def _values(database: Database, query: Query, given: Given, network: str | None) -> dict[str, Any]:
    return {
        parameter.name: _value(database, query, parameter.name, given, network)
        for parameter in query.parameters
    }


def _check_needs(database: Database, query: Query, network: Network) -> None:
    """An empty answer would look like one: what the network cannot tell is said."""
    state = database.read("view/network_state", network=network.name)[0]
    lacking = {
        "full counts": (
            network.parameters is None,
            "holds attribution graphs alone, not the counts of all channels and influences",
        ),
        "several classes": (state["classes"] < 2, "has fewer than two classes to hold against each other"),
        "positions": (not state["positions"], "has no positions of its classes: run summit-graph embed"),
        "motifs": (not state["motifs"], "has no stored motifs: run summit-graph motifs --store"),
    }
    for need in query.needs:
        lacks, reason = lacking[need]
        if lacks:
            raise SummitGraphError(f"query {query.name} cannot answer: network {network.name} {reason}")


def _value(database: Database, query: Query, name: str, given: Given, network: str | None) -> Any:
    parameter = next(parameter for parameter in query.parameters if parameter.name == name)
    if parameter.meaning == "Network.name":
        return _network_of(database, given, network, name=name).name
    value = given.get(name, parameter.default)
    if value is None:
        raise UsageError(f"query {query.name} needs -p {name}=…")
    if parameter.meaning not in MEANINGS:
        return parameter.parse(_one_text(value))
    where = _network_of(database, given, network).name
    if parameter.type.startswith("list of"):
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        return [_meant(database, where, part, parameter.meaning) for part in parts]
    return _meant(database, where, _one_text(value), parameter.meaning)


def _network_of(database: Database, given: Given, network: str | None, *, name: str = "network") -> Network:
    value = given.get(name, network)
    return find_network(database, None if value is None else _one_text(value))


def _one_text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _meant(database: Database, network: str, text: str, meaning: str) -> Any:
    """What people call a channel or a class, as the graph knows it."""
    if meaning == "Channel.id":
        return f"{network}/{Channel.parse(text)}"
    stored = find_class(database, network, text)
    return stored.id if meaning == "Class.id" else stored.summary.name
