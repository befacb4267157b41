"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import say
from summit_graph.settings import DatabaseSettings

if TYPE_CHECKING:
    from summit_graph.store.connection import Database

UriOption = Annotated[
    str | None,
    typer.Option("--uri", help="Database address; else NEO4J_URI, else the local database.", metavar="URI"),
]
NewNetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network",
        "-n",
        help="The network; without it the only one of the same weights and parameters, else a new one.",
    ),
]
NetworkOption = Annotated[
    str | None,
    typer.Option("--network", "-n", help="The network; may be left out where there is just one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ClassOption = Annotated[
    list[str] | None,
    typer.Option("--class", "-c", help="Only this class (may be given several times).", metavar="CLASS"),
]
ClassArgument = Annotated[
    str, typer.Argument(metavar="CLASS", help="A class's name, title, WordNet id or output index.")
]
OutOption = Annotated[Path, typer.Option("--out", help="The folder to write.", metavar="DIR")]


def is_elsewhere(uri: str | None) -> bool:
    """Whether option or environment name a database that is not the local one."""
    return bool(uri or DatabaseSettings().uri)


@contextmanager
def the_database(uri: str | None) -> Iterator[Database]:
    """The database that option and environment name, or the local one, started where needed."""
    from summit_graph.store.connection import find_address, open_database

    settings = DatabaseSettings.of(uri)
    with open_database(find_address(settings, on_message=say)) as database:
        yield database
