"""Commands that open the explorer: explore, demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import progress_bar, say
from summit_graph.cli.options import QueriesOption, UriOption, takes_options
from summit_graph.system.ports import LOCAL

if TYPE_CHECKING:
    from summit_graph.settings import DatabaseSettings

app = typer.Typer()


@dataclass(frozen=True, kw_only=True)
class ExplorerOptions:
    """Where the explorer is served, and its database."""

    port: Annotated[
        int | None,
        typer.Option("--port", help="Port to serve at.", show_default="the first free port from 8501"),
    ] = None
    host: Annotated[
        str, typer.Option("--host", help="Address to serve at; 0.0.0.0 accepts other machines.")
    ] = LOCAL
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            help="Name under which a proxy serves the explorer (repeatable).",
            metavar="NAME",
            envvar="SUMMIT_GRAPH_ALLOW_HOSTS",
        ),
    ] = None
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True
    queries: QueriesOption = None
    uri: UriOption = None

    @property
    def settings(self) -> DatabaseSettings:
        """The database's settings."""
        from summit_graph.settings import DatabaseSettings

        return DatabaseSettings.of(self.uri)


@app.command(epilog="Example: summit-graph explore --port 8600 --no-browser")
@takes_options
def explore(options: ExplorerOptions) -> None:
    """Open the explorer in a browser.

    Ctrl-C stops it, and also the local database if this command started it and no other program uses it.
    """
    with _restored_local_server(options.settings):
        _serve(options)


@app.command(epilog="Example: summit-graph demo --no-browser")
@takes_options
def demo(
    options: ExplorerOptions,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Count, load and rank the images of a small bundled network instead, and render pictures of "
            "its channels; needs the compute extra (torch).",
        ),
    ] = False,
) -> None:
    """Open the explorer on the bundled atlas: attribution graphs of 42 ImageNet classes.

    The first run loads, ranks and mines the atlas; later runs open it directly. Ctrl-C stops it.
    """
    with _restored_local_server(options.settings):
        if live:
            _prepare_live(options)
        else:
            _prepare_atlas(options)
        _serve(options)


def _prepare_live(options: ExplorerOptions) -> None:
    from summit_graph.cli.live_demo import ingest_world

    ingest_world(options.uri)


def _prepare_atlas(options: ExplorerOptions) -> None:
    from summit_graph.workflows.demo import prepare_atlas

    with progress_bar("reading the atlas", unit=None) as bar:
        prepare_atlas(options.settings, bar.listener, say)


def _serve(options: ExplorerOptions) -> None:
    from summit_graph.launch_explorer import run_explorer

    run_explorer(
        host=options.host,
        port=options.port,
        browser=options.browser,
        uri=options.uri,
        say=say,
        allow_hosts=options.allow_host or (),
        queries=options.queries,
    )


@contextmanager
def _restored_local_server(settings: DatabaseSettings) -> Iterator[None]:
    """Stop the local database at the end if the block started it and no other program uses it."""
    from summit_graph.store.server import local

    try:
        yield
    finally:
        if not settings.uri and local.stop_if_unused(say):
            say("Stopped the local database; its data is kept.")
