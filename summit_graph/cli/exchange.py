"""Commands that move networks between the graph and files: import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from summit_graph.cli.console import progress_bar, say
from summit_graph.cli.options import NetworkOption, UriOption, the_database
from summit_graph.display.wording import counted

app = typer.Typer()


@app.command("import", epilog="Example: summit-graph import summit/data --network published")
def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="Published results (ag/ag-<output>.json), or a folder written by export."
        ),
    ],
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Load published attribution graphs, or an exported network with its labels, into the graph."""
    from summit_graph.workflows.import_network import import_path

    with the_database(uri) as database, progress_bar("reading the files", unit="classes") as bar:
        imported = import_path(database, path, network=network, listener=bar.listener)
    pictures = f"; their pictures stay in {imported.pictures}" if imported.pictures else ""
    classes = counted(imported.classes, "class", "classes")
    say(f"Imported {classes} into network {imported.network}{pictures}.")
    if imported.labels == "left out":
        say(
            f"The labels of channels are left out: network {imported.network} also has other classes. "
            f"Label all: summit-graph label --network {imported.network}"
        )
    say(f"Next: summit-graph embed --network {imported.network}, then summit-graph explore")


@app.command(epilog="Example: summit-graph export bears/ --network bears")
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Write a network as count files, one JSON attribution graph per class, and its channels' labels."""
    from summit_graph.store.networks import find_network
    from summit_graph.workflows.export_network import export_network

    with the_database(uri) as database:
        found = find_network(database, network)
        with progress_bar("exporting", unit="classes", total=found.classes) as bar:
            export_network(database, found, folder, on_class=bar.listener.on_class)
    say(f"{folder} holds network {found.name}: {counted(found.classes, 'class', 'classes')}.")
