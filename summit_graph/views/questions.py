"""The named queries of ``cypher/``, and of the user's own, with parameters as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import neo4j.exceptions

from summit_graph.errors import SummitGraphError, UnknownNameError, UsageError, first_line
from summit_graph.names import did_you_mean
from summit_graph.records import MEASURES, Channel, Measure
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, list_networks, pick_network
from summit_graph.store.queries import OWN, Parameter, Query, find_query
from summit_graph.views.asking import ROWS, SECONDS, ask
from summit_graph.views.channels import find_layer
from summit_graph.views.classes import StateOfClasses, find_class, read_one_state, read_state_of_classes
from summit_graph.views.companions import pick_companion
from summit_graph.views.graphs import read_layers

#: Parameters that are given by a name and looked up in the graph; lists are separated by commas.
MEANINGS = ("Class.id", "Class.name", "Channel.id")
#: Networks of the same model by what they are counted by; found, not asked for.
COMPANIONS: Mapping[str, Measure] = {f"Network.{measure}": measure for measure in MEASURES}
#: Every layer, as a parameter that means a layer or several.
ALL_LAYERS = "all"
#: Words for a layer by its place among a network's layers, as defaults of parameters that mean a layer.
LAYER_WORDS: Mapping[str, Callable[[int], int]] = {
    "highest": lambda layers: layers - 1,
    "third": lambda layers: layers // 3,
    "two-thirds": lambda layers: 2 * layers // 3,
    "below-two-thirds": lambda layers: max(0, 2 * layers // 3 - 1),
}
#: What a ranking consists of, in a query's text.
_RANKING = re.compile(r"\b(?:RANKS|SELECTS|SELECTED_INFLUENCE)\b")
#: A class that is not given by its properties, in a query's text.
_ANY_CLASS = re.compile(r":\s*Class\s*\)")
#: Parameters as people give them; a list as one text with commas, or as its parts.
Given = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the rows and the seconds of an answer."""

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
    """Run a named query with parameters as text; returns columns and rows.

    A class, a channel or a layer is given by name; the network is filled in. If a class is replaced or
    ranked again during the query, it runs again.

    Raises:
        UsageError: a parameter is unknown, missing or of another type, or the time limit is exceeded.
        SummitGraphError: the network lacks data that the query needs, a class keeps being replaced, or the
            server cannot compute the answer.
    """
    unknown = given.keys() - {parameter.name for parameter in query.parameters}
    if unknown:
        raise UsageError(f"query {query.name} has no parameter {sorted(unknown)[0]!r}")
    if query.needs:
        _look(database, query, given, network)  # usage errors come first
        _check_needs(database, query, network_of(database, given, network))
    fetch = _ask_own if query.folder == OWN else _read_rows
    with _query_errors(query):
        rows = read_one_state(
            lambda: _look(database, query, given, network),
            lambda state: fetch(database, query, state[0], limits),
            of=f"the classes of query {query.name}",
        )
    return list(query.columns), rows


def answer_question(
    database: Database, name: str, given: Given, *, network: str | None
) -> list[dict[str, Any]]:
    """The rows of a query of ``cypher/`` by column; errors as ``run_question``."""
    columns, rows = run_question(database, find_query(name), given, network=network)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _read_rows(
    database: Database, query: Query, values: dict[str, Any], limits: Limits | None
) -> list[list[Any]]:
    path = f"{query.folder}/{query.name}"
    if limits is None:
        found = database.read(path, **values)
    else:
        found = database.read_first(path, values, rows=limits.rows, seconds=limits.seconds)
    return [[row[column] for column in query.columns] for row in found]


def _ask_own(
    database: Database, query: Query, values: dict[str, Any], limits: Limits | None
) -> list[list[Any]]:
    """The rows of the user's own query, which must read only, whatever it says.

    Raises:
        UsageError: it does more than read, has other columns than its header says, or exceeds a limit.
    """
    rows, seconds = (limits.rows, limits.seconds) if limits else (ROWS, SECONDS)
    try:
        answer = ask(database, query.text, values, rows=rows, seconds=seconds)
    except UsageError as error:
        raise UsageError(f"query {query.name} cannot be run: {error}") from None
    if answer.columns != query.columns:
        raise UsageError(
            f"query {query.name} returns {', '.join(answer.columns)}, and its header says "
            f"{', '.join(query.columns)}: correct its // returns:"
        )
    if limits is None and answer.more:
        raise UsageError(f"query {query.name} returns more than {ROWS:,} rows: add LIMIT")
    return answer.rows


@contextmanager
def _query_errors(query: Query) -> Iterator[None]:
    """Names the query where the server answers, but cannot compute the result."""
    try:
        yield
    except neo4j.exceptions.ClientError as error:
        if "Statement" not in (error.code or ""):
            raise
        raise SummitGraphError(f"query {query.name} failed: {first_line(error.message or error)}") from error


@dataclass(frozen=True)
class _Asked:
    """What is given for a query, and the networks that it may be about, which are read once."""

    given: Given
    network: str | None
    networks: Sequence[Network]

    def pick(self, name: str = "network") -> Network:
        """The network of a parameter, else ``network``, else the only one."""
        value = self.given.get(name, self.network)
        if value is None or isinstance(value, str):
            return pick_network(self.networks, value)
        if len(value) != 1:
            raise UsageError(f"{name} takes one network, not a list of {len(value)}")
        return pick_network(self.networks, value[0])


def _look(
    database: Database, query: Query, given: Given, network: str | None
) -> tuple[dict[str, Any], StateOfClasses | None]:
    """The values of a query's parameters; and the state of the classes whose rankings it reads, if any."""
    asked = _Asked(given, network, list_networks(database))
    values = {one.name: _value(database, query, one, asked) for one in query.parameters}
    if "other" in values and values["other"] == values.get("class"):
        raise UsageError(f"query {query.name} compares two classes: class and other are the same one")
    if not _RANKING.search(query.text):
        return values, None
    return values, read_state_of_classes(
        database, _networks_read(query, values, asked), _classes_read(query, values)
    )


def _networks_read(query: Query, values: Mapping[str, Any], asked: _Asked) -> list[str] | None:
    """The networks that a query reads; None if no parameter means one, so that it may read all."""
    meanings = {one.name: one.meaning for one in query.parameters if one.meaning}
    if not meanings:
        return None
    named = {values[name] for name, meaning in meanings.items() if meaning.startswith("Network.")}
    return sorted({asked.pick().name, *named})


def _classes_read(query: Query, values: Mapping[str, Any]) -> list[int | str] | None:
    """The classes that a query reads, by id or name; None if it may read others than the given ones."""
    given = [values[one.name] for one in query.parameters if one.meaning in ("Class.id", "Class.name")]
    if not given or _ANY_CLASS.search(query.text):
        return None
    return [one for value in given for one in (value if isinstance(value, list) else [value])]


def _check_needs(database: Database, query: Query, network: Network) -> None:
    """Raise an error where an empty answer would be misleading because the network lacks the data."""
    for need, reason in lacking(database, network).items():
        if need in query.needs:
            raise SummitGraphError(f"query {query.name} cannot answer: network {network.name} {reason}")


def lacking(database: Database, network: Network) -> dict[str, str]:
    """What a network lacks of all that queries may need, with the reason."""
    state = database.read("view/network_state", network=network.name)[0]
    found = {
        "full counts": (
            network.parameters is None,
            "has only attribution graphs, not the counts of all channels and influences",
        ),
        "several classes": (state["classes"] < 2, "has fewer than two classes to compare"),
        "positions": (not state["positions"], "has no embedding: run summit-graph embed"),
        "motifs": (not state["motifs"], "has no stored motifs: run summit-graph motifs --store"),
        "groups": (not state["groups"], "has no groups of channels: run summit-graph groups"),
    }
    return {need: reason for need, (lacks, reason) in found.items() if lacks}


def _value(database: Database, query: Query, parameter: Parameter, asked: _Asked) -> Any:
    if parameter.meaning == "Network.name":
        return asked.pick(parameter.name).name
    if parameter.meaning in COMPANIONS:
        return _companion(database, query, parameter, asked)
    value = asked.given.get(parameter.name, parameter.default)
    if value is None:
        raise UsageError(f"query {query.name} needs -p {parameter.name}=…")
    if parameter.meaning == "Layer.name":
        return _meant_layers(database, asked.pick().name, parameter, value)
    if parameter.meaning not in MEANINGS:
        return parameter.parse(value)
    where = asked.pick().name
    found = [_meant(database, where, text, parameter.meaning) for text in parameter.texts(value)]
    return found if parameter.takes_list else found[0]


def _companion(database: Database, query: Query, parameter: Parameter, asked: _Asked) -> str:
    """The network by a measure; it must have the question's class, or the answer would be misleading."""
    if parameter.name in asked.given:
        found = asked.pick(parameter.name)
    else:
        found = pick_companion(asked.networks, asked.pick(), COMPANIONS[parameter.meaning or ""])
    for one in query.parameters:
        if one.meaning == "Class.name" and not one.takes_list:
            find_class(database, found.name, str(asked.given[one.name]))
    return found.name


def _meant_layers(database: Database, network: str, parameter: Parameter, value: str | Sequence[str]) -> Any:
    """The names of layers given by name or word; for all layers every name, or None where one is wanted."""
    layers = [layer.name for layer in read_layers(database, network)]
    texts = parameter.texts(value)
    if texts == [ALL_LAYERS] and ALL_LAYERS not in layers:
        return layers if parameter.takes_list else None
    found = [layer_meant(layers, text) for text in texts]
    for text, layer in zip(texts, found, strict=True):
        if layer is None:
            known = ", ".join(layers)
            near = did_you_mean(text, layers)
            raise UnknownNameError(f"network {network} has no layer {text!r}: its layers are {known}{near}")
    return found if parameter.takes_list else found[0]


def layer_meant(layers: Sequence[str], text: str) -> str | None:
    """A layer given by name or by one of ``LAYER_WORDS``; None if there is no such layer.

    Args:
        layers: from the lowest up.
    """
    if text in layers:
        return text
    return layers[LAYER_WORDS[text](len(layers))] if text in LAYER_WORDS and layers else None


def network_of(database: Database, given: Given, network: str | None) -> Network:
    """The network of a question: its parameter, else ``network``, else the only one."""
    return _Asked(given, network, list_networks(database)).pick()


def _meant(database: Database, network: str, text: str, meaning: str) -> Any:
    """The graph's id of a channel or class given by name."""
    if meaning == "Channel.id":
        channel = Channel.parse(text)
        find_layer(database, network, channel)
        return f"{network}/{channel}"
    stored = find_class(database, network, text)
    return stored.id if meaning == "Class.id" else stored.summary.name
