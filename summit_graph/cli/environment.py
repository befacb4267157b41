"""Commands about the machine: doctor, explore, demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import (
    DATABASE,
    FAILED,
    counted,
    print_data,
    print_json,
    print_table,
    progress_bar,
    say,
)
from summit_graph.cli.options import JsonOption, NetworkOption, UriOption, the_database

if TYPE_CHECKING:
    from summit_graph.settings import DatabaseSettings
    from summit_graph.views.nonsemantic import Candidate

app = typer.Typer()

#: Only this machine reaches it.
LOCAL = "127.0.0.1"
HostOption = Annotated[
    str, typer.Option("--host", help="The address to serve at; 0.0.0.0 lets other machines in.")
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", help="The explorer's port; if left out, the first free one from 8501."),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        help="A name that a proxy serves the explorer as (may be given several times).",
        metavar="NAME",
        envvar="SUMMIT_GRAPH_ALLOW_HOSTS",
    ),
]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")]


@app.command(epilog="Examples: summit-graph doctor; summit-graph doctor --channels --network birds")
def doctor(
    channels: Annotated[
        bool, typer.Option("--channels", help="Instead: channels that may be non-semantic, and why.")
    ] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
    uri: UriOption = None,
) -> None:
    """Check database, GDS, permissions, device, disk and weights; say how to mend what is wrong.

    With --channels look at a network instead: which channels are top channels of nearly all classes, or fire
    on the image's frame whatever the image, ready for ingest --exclude.
    """
    if channels:
        _show_candidates(network, uri, as_json=as_json)
    else:
        _check_environment(uri, as_json=as_json)


def _check_environment(uri: str | None, *, as_json: bool) -> None:
    from summit_graph.settings import DatabaseSettings
    from summit_graph.workflows.doctor import check_environment

    settings = DatabaseSettings.of(uri)
    checks = list(check_environment(settings))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print_data(f"{check.state:7}{check.name}: {check.found}")
            if check.remedy:
                print_data(f"{'':7}  -> {check.remedy}")
    failed = {check.name for check in checks if check.state == "failed"}
    if failed:
        raise typer.Exit(DATABASE if failed & {"database", "GDS", "permissions"} else FAILED)


def _show_candidates(network: str | None, uri: str | None, *, as_json: bool) -> None:
    from summit_graph.views.nonsemantic import LEAST_CLASSES, find_candidates

    with the_database(uri) as database:
        found = find_candidates(database, network)
    if not found.looked_at_rims:
        say("Frames need examples, which summit-graph examples IMAGES gathers: nothing is known of them yet.")
    if found.classes < LEAST_CLASSES:
        say(f"{counted(found.classes, 'class is', 'classes are')} few: shared channels may well be semantic.")
    if as_json:
        print_json({"network": found.network, "candidates": [_json_of(one) for one in found.candidates]})
        return
    print_table(_HEADINGS, [_row_of(one) for one in found.candidates])
    if found.candidates:
        excluded = sorted({*found.excluded, *(one.channel for one in found.candidates)})
        say("To leave them out, look at their pictures first, then ingest into a network of its own with:")
        say(" ".join(f"--exclude {channel}" for channel in excluded))
    else:
        say("No channel looks non-semantic.")


_HEADINGS = ["channel", "evidence", "classes", "share of images", "least share", "active in", "at the rim"]


def _row_of(one: Candidate) -> list[Any]:
    evidence = [name for name in ("everywhere", "frame") if getattr(one, name)]
    return [str(one.channel), "+".join(evidence), *(one.everywhere or [None] * 3), *(one.frame or [None] * 2)]


def _json_of(one: Candidate) -> dict[str, Any]:
    everywhere = one.everywhere and dict(zip(("classes", "share", "least"), one.everywhere, strict=True))
    frame = one.frame and dict(zip(("active", "at_rim"), one.frame, strict=True))
    return {"channel": str(one.channel), "everywhere": everywhere, "frame": frame}


@app.command(epilog="Example: summit-graph explore --port 8600 --no-browser")
def explore(
    port: PortOption = None,
    host: HostOption = LOCAL,
    allow_host: AllowHostOption = None,
    browser: BrowserOption = True,
    uri: UriOption = None,
) -> None:
    """Open the explorer in a browser; Ctrl-C ends it, and the local database if it was not running."""
    from summit_graph.launch_explorer import run_explorer
    from summit_graph.settings import DatabaseSettings

    with _local_server_as_before(DatabaseSettings.of(uri)):
        run_explorer(host=host, port=port, browser=browser, uri=uri, say=say, allow_hosts=allow_host or ())


@app.command(epilog="Example: summit-graph demo --no-browser")
def demo(
    port: PortOption = None,
    host: HostOption = LOCAL,
    allow_host: AllowHostOption = None,
    browser: BrowserOption = True,
    uri: UriOption = None,
) -> None:
    """See real attribution graphs: the bundled atlas of 42 ImageNet classes, in the explorer.

    The first run loads, ranks and mines it; the next ones open it at once. Ctrl-C ends it.
    """
    from summit_graph.launch_explorer import run_explorer
    from summit_graph.settings import DatabaseSettings
    from summit_graph.workflows.bulk_load import Listener
    from summit_graph.workflows.demo import prepare_atlas

    settings = DatabaseSettings.of(uri)
    with _local_server_as_before(settings):
        with progress_bar("reading the atlas", unit=None) as bar:
            prepare_atlas(settings, Listener(on_stage=bar.begin, on_class=lambda name: bar.advance()), say)
        run_explorer(host=host, port=port, browser=browser, uri=uri, say=say, allow_hosts=allow_host or ())


@contextmanager
def _local_server_as_before(settings: DatabaseSettings) -> Iterator[None]:
    """Stop the local database at the end, unless it ran before, runs use it, or another one is used."""
    from summit_graph.settings import Home
    from summit_graph.store.server import local
    from summit_graph.system.progress import read_running

    keep = bool(settings.uri) or local.status().running
    try:
        yield
    finally:
        if not keep and not read_running(Home().runs) and local.stop():
            say("Stopped the local database; its data stay for the next time.")
