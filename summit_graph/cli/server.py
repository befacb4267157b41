"""``summit-graph db``: the local database server."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from summit_graph.cli.console import print_data, print_json, say
from summit_graph.cli.options import JsonOption

app = typer.Typer(
    help="Start, stop or check the local database (Neo4j Community with GDS; no Docker needed).",
    no_args_is_help=True,
)


@app.command(epilog="Example: summit-graph db start")
def start(
    recover: Annotated[
        bool,
        typer.Option(
            "--recover",
            help="Restart it without the damaged end of its transaction log, for example after a full disk.",
        ),
    ] = False,
) -> None:
    """Start the local database if it is not running. The first start downloads about 190 MB."""
    from summit_graph.store.server import local

    endpoint = local.start(say, recover=recover)
    say(f"Neo4j answers at {endpoint.uri} (user {endpoint.username}, password in {local.password_file()})")


@app.command(epilog="Example: summit-graph db stop")
def stop() -> None:
    """Stop the local database. Its data is kept."""
    from summit_graph.store.server import local

    say("Stopped." if local.stop(say) else "The local database is not running.")


@app.command(epilog="Example: summit-graph db status --json")
def status(as_json: JsonOption = False) -> None:
    """Print whether the local database is running, and its address."""
    from summit_graph.store.server import local

    found = local.status()
    if as_json:
        print_json(asdict(found))
    elif found.version:
        print_data(f"running at {found.uri}: Neo4j {found.version}, GDS {found.gds}")
    elif found.running:
        print_data(f"running as {local.holder()}, but not answering here")
    else:
        print_data("not running: summit-graph db start")
