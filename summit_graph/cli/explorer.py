"""Commands that open the explorer: explore, demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import progress_bar, say
from summit_graph.cli.options import UriOption

if TYPE_CHECKING:
    from summit_graph.settings import DatabaseSettings

app = typer.Typer()

#: Reachable only from this machine.
LOCAL = "127.0.0.1"
HostOption = Annotated[
    str, typer.Option("--host", help="Address to serve at; 0.0.0.0 accepts other machines.")
]
PortOption = Annotated[
    int | None, typer.Option("--port", help="Port to serve at.", show_default="the first free port from 8501")
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        help="Name under which a proxy serves the explorer (repeatable).",
        metavar="NAME",
        envvar="SUMMIT_GRAPH_ALLOW_HOSTS",
    ),
]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")]


@app.command(epilog="Example: summit-graph explore --port 8600 --no-browser")
def explore(
    port: PortOption = None,
    host: HostOption = LOCAL,
    allow_host: AllowHostOption = None,
    browser: BrowserOption = True,
    uri: UriOption = None,
) -> None:
    """Open the explorer in a browser.

    Ctrl-C stops it, and also the local database if this command started it.
    """
    from summit_graph.launch_explorer import run_explorer
    from summit_graph.settings import DatabaseSettings

    with _restored_local_server(DatabaseSettings.of(uri)):
        run_explorer(host=host, port=port, browser=browser, uri=uri, say=say, allow_hosts=allow_host or ())


@app.command(epilog="Example: summit-graph demo --no-browser")
def demo(
    port: PortOption = None,
    host: HostOption = LOCAL,
    allow_host: AllowHostOption = None,
    browser: BrowserOption = True,
    uri: UriOption = None,
) -> None:
    """Open the explorer on the bundled atlas: attribution graphs of 42 ImageNet classes.

    The first run loads, ranks and mines the atlas; later runs open it directly. Ctrl-C stops it.
    """
    from summit_graph.launch_explorer import run_explorer
    from summit_graph.settings import DatabaseSettings
    from summit_graph.workflows.bulk_load import Listener
    from summit_graph.workflows.demo import prepare_atlas

    settings = DatabaseSettings.of(uri)
    with _restored_local_server(settings):
        with progress_bar("reading the atlas", unit=None) as bar:
            prepare_atlas(settings, Listener(on_stage=bar.begin, on_class=lambda name: bar.advance()), say)
        run_explorer(host=host, port=port, browser=browser, uri=uri, say=say, allow_hosts=allow_host or ())


@contextmanager
def _restored_local_server(settings: DatabaseSettings) -> Iterator[None]:
    """Stop the local database at the end if the block started it and no counting run uses it."""
    from summit_graph.settings import Home
    from summit_graph.store.server import local
    from summit_graph.system.progress import read_running

    keep = bool(settings.uri) or local.status().running
    try:
        yield
    finally:
        if not keep and not read_running(Home().runs) and local.stop():
            say("Stopped the local database; its data is kept.")
