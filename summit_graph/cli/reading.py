"""Commands that ask: graph, query, export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import counted, print_data, print_json, print_table, progress_bar, say
from summit_graph.cli.options import ClassArgument, JsonOption, NetworkOption, UriOption, the_database
from summit_graph.errors import UsageError
from summit_graph.names import split_list

if TYPE_CHECKING:
    from summit_graph.records import AttributionGraph
    from summit_graph.store.connection import Database
    from summit_graph.views.classes import StoredClass

app = typer.Typer()


class GraphFormat(StrEnum):
    """The forms an attribution graph is printed in."""

    json = "json"
    summit = "summit"
    graphml = "graphml"
    dot = "dot"


@app.command(epilog="Example: summit-graph graph 'brown bear' --format dot | dot -Tsvg > bear.svg")
def graph(
    class_: ClassArgument,
    form: Annotated[
        GraphFormat, typer.Option("--format", "-f", help="json, the published summit form, graphml or dot.")
    ] = GraphFormat.json,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    specific: Annotated[
        bool,
        typer.Option("--specific", help="Only channels that mark the class, not those that fire for all."),
    ] = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Print one class's attribution graph: the channels that matter and the influences between them."""
    from summit_graph.store.networks import find_network
    from summit_graph.views.classes import read_consistently

    if as_json and form is not GraphFormat.json:
        raise UsageError(f"--json and --format {form.value} are two forms: give one")
    with the_database(uri) as database:
        where = find_network(database, network)
        name = where.name
        if form is GraphFormat.summit and where.parameters is None:
            _print_imported(database, name, class_, specific=specific)
            return

        def show(stored: StoredClass) -> str:
            return _shown(database, name, stored, form, specific=specific)

        print_data(read_consistently(database, name, class_, show))


def _shown(
    database: Database, network: str, stored: StoredClass, form: GraphFormat, *, specific: bool
) -> str:
    """The text of a graph; all that it is made of is of one state of the class."""
    from summit_graph.formats import graph_text
    from summit_graph.views.graphs import graph_of, largest_influences_of

    found = graph_of(database, network, stored)
    if specific:
        found = _specific_part(database, found, stored)
    if form is GraphFormat.summit:
        return graph_text.show_summit(found, largest_influences_of(database, stored))
    shows = {"json": graph_text.show_json, "graphml": graph_text.show_graphml, "dot": graph_text.show_dot}
    return shows[form.value](found)


def _specific_part(database: Database, graph: AttributionGraph, stored: StoredClass) -> AttributionGraph:
    from summit_graph.analysis.specificity import FALSE_DISCOVERY_RATE, part_of_graph
    from summit_graph.views.activations import specificity_of

    measured = specificity_of(database, graph.network, stored)
    part = part_of_graph(graph, [one.channel for one in measured if one.q <= FALSE_DISCOVERY_RATE])
    if not part.nodes:
        images = counted(stored.summary.images, "image", "images")
        say(f"No channel of {stored.summary.name}'s graph marks it: {images} tell too little from the rest.")
    return part


def _print_imported(database: Database, network: str, class_: str, *, specific: bool) -> None:
    """The published form with what the imported file said of ``attr_channels``."""
    from summit_graph.formats.published import show_published
    from summit_graph.views.activations import read_specificity
    from summit_graph.views.published import read_imported_graph

    if specific:
        read_specificity(database, network, class_)  # says why it cannot be told
    print_data(show_published(read_imported_graph(database, network, class_)))


@app.command(epilog="Example: summit-graph query top_channels -p class=lion -p limit=5")
def query(
    name: Annotated[str | None, typer.Argument(help="The query; without it they are listed.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--parameter",
            help="A parameter as key=value, one option each. A list has commas, or an option for each part; "
            "a name that has commas goes in double quotes.",
        ),
    ] = None,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Run a named query of cypher/, or list them with what they answer and take."""
    from summit_graph.store.queries import find_query
    from summit_graph.views.questions import run_question

    if name is None:
        _list_queries(as_json)
        return
    found = find_query(name)
    with the_database(uri) as database:
        columns, rows = run_question(database, found, _parameters(parameter or []), network=network)
    if as_json:
        print_json({"columns": columns, "rows": rows})
    else:
        print_table(columns, rows)


@app.command(epilog="Example: summit-graph export bears/ --network bears")
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Write a network as count files and one JSON attribution graph per class."""
    from summit_graph.store.networks import find_network
    from summit_graph.workflows.export_network import export_network

    with the_database(uri) as database:
        found = find_network(database, network)
        with progress_bar("exporting", unit="classes", total=found.classes) as bar:
            export_network(database, found, folder, on_class=lambda name: bar.advance())
    say(f"{folder} holds network {found.name}: {counted(found.classes, 'class', 'classes')}.")


def _list_queries(as_json: bool) -> None:
    from summit_graph.store.queries import list_queries

    queries = list_queries()
    if as_json:
        print_json(
            [
                {
                    "name": query.name,
                    "description": query.description,
                    "parameters": [
                        {"name": p.name, "type": p.type, "meaning": p.meaning, "default": p.default}
                        for p in query.parameters
                    ],
                }
                for query in queries
            ]
        )
        return
    rows = [[query.name, query.description, _signature(query.parameters)] for query in queries]
    print_table(["query", "answers", "parameters"], rows)


def _signature(parameters) -> str:  # type: ignore[no-untyped-def]  # queries.Parameter, imported late
    return ", ".join(p.name + (f"={p.default}" if p.default else "") for p in parameters)


def _parameters(texts: list[str]) -> dict[str, str | list[str]]:
    """What ``-p`` gave; a key that is given several times is a list."""
    found: dict[str, list[str]] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UsageError(f"-p takes key=value, not {key!r}")
        found.setdefault(key, []).append(value)
    several = {key: [part for value in values for part in split_list(value)] for key, values in found.items()}
    return {key: values[0] if len(values) == 1 else several[key] for key, values in found.items()}
