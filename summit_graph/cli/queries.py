"""The command that runs named queries: query."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import print_json, print_table, say
from summit_graph.cli.options import (
    JsonOption,
    NetworkOption,
    QueriesOption,
    UriOption,
    say_measure,
    the_database,
)
from summit_graph.display.wording import counted
from summit_graph.errors import UsageError
from summit_graph.names import split_list

if TYPE_CHECKING:
    from summit_graph.store.queries import Parameter, Query

app = typer.Typer()


@app.command(epilog="Example: summit-graph query top_channels -p class=lion -p limit=5")
def query(
    name: Annotated[str | None, typer.Argument(help="Name of the query; without it, all are listed.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--parameter",
            help="A parameter as key=value; repeat it for more. Separate the parts of a list with commas, "
            "and put a name that contains commas in double quotes.",
        ),
    ] = None,
    as_json: JsonOption = False,
    queries: QueriesOption = None,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Run a named query, or list all of them with what they answer and their parameters.

    Queries of your own run read-only, for at most 20 seconds, and return at most 1000 rows.
    """
    from summit_graph.store.own_queries import find_any_query
    from summit_graph.views.questions import network_of, run_question

    if name is None:
        _list_queries(queries, as_json=as_json)
        return
    found = find_any_query(name, queries)
    with the_database(uri) as database:
        given = _parse_parameters(parameter or [])
        columns, rows = run_question(database, found, given, network=network)
        if any(one.meaning for one in found.parameters):
            say_measure(network_of(database, given, network))
    if as_json:
        print_json({"columns": columns, "rows": rows})
    elif sys.stdout.isatty():
        print_table(columns, [[_readable(value) for value in row] for row in rows])
    else:
        print_table(columns, rows)


def _readable(value: object) -> object:
    """For a terminal: stored JSON as words, nested lists as their length; tab-separated values keep all."""
    found = _from_json(value) if isinstance(value, str) else value
    if isinstance(found, dict):
        known = {key: one for key, one in found.items() if one not in (None, [], {})}
        return ", ".join(f"{key} {_readable(one)}" for key, one in known.items())
    if isinstance(found, list) and any(isinstance(one, list | dict) for one in found):
        return counted(len(found), "entry", "entries")
    return ", ".join(map(str, found)) if isinstance(found, list) else value


def _from_json(text: str) -> object:
    """The object or list that the text is as JSON, else the text."""
    try:
        return json.loads(text) if text[:1] in ("{", "[") else text
    except ValueError:
        return text


def _list_queries(folder: Path | None, *, as_json: bool) -> None:
    from summit_graph.store.own_queries import read_own_queries
    from summit_graph.store.queries import list_queries

    own = read_own_queries(folder)
    for fault in own.faults.values():
        say(f"Not listed: {fault}")
    queries = [*own.queries, *list_queries()]
    if as_json:
        print_json([_to_json(query) for query in queries])
        return
    rows = [[query.name, query.description, _signature(query.parameters)] for query in queries]
    print_table(["query", "answers", "parameters"], rows)


def _to_json(query: Query) -> dict[str, object]:
    parameters = [
        {"name": one.name, "type": one.type, "meaning": one.meaning, "default": one.default}
        for one in query.parameters
    ]
    return {"name": query.name, "description": query.description, "parameters": parameters}


def _signature(parameters: Sequence[Parameter]) -> str:
    return ", ".join(one.name + (f"={one.default}" if one.default else "") for one in parameters)


def _parse_parameters(texts: list[str]) -> dict[str, str | list[str]]:
    """Values of ``-p`` by key; a key that is given several times is a list."""
    found: dict[str, list[str]] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UsageError(f"-p takes key=value, not {key!r}")
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else _split(values) for key, values in found.items()}


def _split(values: list[str]) -> list[str]:
    return [part for value in values for part in split_list(value)]
