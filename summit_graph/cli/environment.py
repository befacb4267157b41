"""Commands about the machine: doctor, explore, demo."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from summit_graph.cli.console import DATABASE, FAILED, print_data, print_json, say
from summit_graph.cli.options import JsonOption, UriOption

app = typer.Typer()

PortOption = Annotated[int, typer.Option("--port", help="The explorer's port.")]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")]


@app.command(epilog="Example: summit-graph doctor")
def doctor(as_json: JsonOption = False, uri: UriOption = None) -> None:
    """Check database, GDS, permissions, device, disk and weights; say how to mend what is wrong."""
    from summit_graph.doctor import check_environment
    from summit_graph.settings import DatabaseSettings

    settings = DatabaseSettings(uri=uri) if uri else DatabaseSettings()
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


@app.command(epilog="Example: summit-graph explore --port 8600 --no-browser")
def explore(port: PortOption = 8501, browser: BrowserOption = True, uri: UriOption = None) -> None:
    """Open the explorer in a browser; Ctrl-C ends it."""
    from summit_graph.explorer import run_explorer

    run_explorer(port=port, browser=browser, uri=uri, say=say)


@app.command(epilog="Example: summit-graph demo --no-browser")
def demo(port: PortOption = 8501, browser: BrowserOption = True) -> None:
    """See it work: images made on the spot are counted, loaded and ranked; then the explorer opens."""
    from summit_graph.cli.counting import ingest_folder
    from summit_graph.demo import demo_weights, generated_images
    from summit_graph.explorer import run_explorer

    say("Making images of stripes, checks and rings …")
    ingest_folder(generated_images(), weights=demo_weights(say), network="demo")
    run_explorer(port=port, browser=browser, uri=None, say=say)
