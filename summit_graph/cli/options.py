"""Options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from summit_graph.cli.console import say
from summit_graph.errors import UsageError
from summit_graph.names import did_you_mean
from summit_graph.records import Engine, RankingEngine, SelectedBy

if TYPE_CHECKING:
    from summit_graph.formats.subgraphs import Subgraph
    from summit_graph.store.connection import Database
    from summit_graph.store.networks import Network

UriOption = Annotated[
    str | None,
    typer.Option(
        "--uri", help="Database address.", metavar="URI", show_default="NEO4J_URI or the local database"
    ),
]
NewNetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network",
        "-n",
        help="Name of the network.",
        show_default="the one with the same weights and parameters, else a new one",
    ),
]
SelectOption = Annotated[
    SelectedBy,
    typer.Option(
        "--select",
        help="What the channels of the graphs are selected by: PageRank (as in the paper), the counts, or "
        "summed relevance (with --measure relevance).",
    ),
]
RankingOption = Annotated[
    Engine | None,
    typer.Option(
        "--ranking",
        help="Where PageRank is computed: in Graph Data Science on the server (gds), or in this process "
        "(local). The scores are the same.",
        show_default="gds where the server has it, else local",
    ),
]
RankRankingOption = Annotated[
    RankingEngine | None,
    typer.Option(
        "--ranking",
        help="Where PageRank is computed: in Graph Data Science on the server (gds), in this process "
        "(local), or in a session of Aura Graph Analytics (sessions), which Neo4j bills. The scores are the "
        "same.",
        show_default="gds where the server has it, else local",
    ),
]
NetworkOption = Annotated[
    str | None,
    typer.Option("--network", "-n", help="Name of the network; needed only if there are several."),
]
QueriesOption = Annotated[
    Path | None,
    typer.Option(
        "--queries",
        exists=True,
        file_okay=False,
        help="Folder of your own queries: .cypher files with a header like that of the project's queries.",
        metavar="DIR",
        show_default="SUMMIT_GRAPH_QUERIES or the folder queries of SUMMIT_GRAPH_HOME",
    ),
]
SubgraphOption = Annotated[
    Path | None,
    typer.Option(
        "--subgraph",
        help="A subgraph saved in the explorer: your own pinned channels, labels and supernodes.",
        metavar="FILE",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ClassOption = Annotated[
    list[str] | None,
    typer.Option("--class", "-c", help="Only this class (repeatable).", metavar="CLASS"),
]
ClassArgument = Annotated[
    str, typer.Argument(metavar="CLASS", help="Name, title, WordNet id or output index of a class.")
]
OutOption = Annotated[Path, typer.Option("--out", help="The folder to write.", metavar="DIR")]


def is_remote(uri: str | None) -> bool:
    """Whether the option or the environment names a database other than the local one."""
    from summit_graph.settings import DatabaseSettings

    return bool(uri or DatabaseSettings().uri)


@contextmanager
def the_database(uri: str | None) -> Iterator[Database]:
    """The database given by option or environment, else the local one, started if necessary."""
    from summit_graph.settings import DatabaseSettings
    from summit_graph.store.connection import find_address, open_database

    settings = DatabaseSettings.of(uri)
    with open_database(find_address(settings, on_message=say)) as database:
        yield database


def read_subgraph_option(file: Path | None) -> Subgraph:
    """The subgraph in the file of ``--subgraph``; an empty one without the option."""
    from summit_graph.formats.subgraphs import NO_SUBGRAPH, read_subgraph

    return read_subgraph(file) if file else NO_SUBGRAPH


def check_layer(database: Database, network: str, layer: str | None) -> None:
    """UsageError if ``--layer`` names no layer of the network."""
    from summit_graph.views.graphs import read_layers

    names = [one.name for one in read_layers(database, network)]
    if layer is not None and layer not in names:
        near = did_you_mean(layer, names)
        raise UsageError(f"network {network} has no layer {layer!r}: choose one of {', '.join(names)}{near}")


def say_measure(network: Network) -> None:
    """Say on stderr what a network was counted by, beside a table that does not."""
    if network.measure_text:
        say(f"Network {network.name} is counted by {network.measure_text}.")


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter ``options`` of a command by one parameter for each field of its dataclass.

    typer reads the options of a command from its signature.
    """
    hints = get_type_hints(command, include_extras=True)
    kind = hints.pop("options")
    hints.pop("return")
    field_hints = get_type_hints(kind, include_extras=True)
    declared = [_parameter(field.name, field_hints[field.name], field.default) for field in fields(kind)]
    own = inspect.signature(command).parameters
    declared += [_parameter(name, hint, own[name].default) for name, hint in hints.items()]

    @wraps(command)
    def with_options(**given: Any) -> None:
        options = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        command(options=options, **given)

    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in declared}
    with_options.__signature__ = inspect.Signature(declared)  # type: ignore[attr-defined]  # typer reads it
    return with_options


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    """A keyword; a field without a default (``MISSING``) is required."""
    required = default is MISSING
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(
        name, kind, annotation=annotation, default=inspect.Parameter.empty if required else default
    )
