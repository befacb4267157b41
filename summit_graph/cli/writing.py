"""Commands that change the graph: load, rank, rm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from summit_graph.cli.console import ProgressBar, counted, progress_bar, say
from summit_graph.cli.options import ClassOption, NetworkOption, UriOption, the_database
from summit_graph.errors import UsageError

app = typer.Typer()


@app.command(epilog="Example: summit-graph load counts/ --network birds")
def load(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A count folder.")],
    network: NetworkOption = None,
    class_: ClassOption = None,
    uri: UriOption = None,
) -> None:
    """Load a count folder into the graph and rank its classes."""
    from summit_graph.counts import CountFolder
    from summit_graph.loading import NetworkLoader

    counts = CountFolder(folder)
    counts.verify()
    names = _chosen(list(counts.summaries), class_)
    with the_database(uri) as database:
        loader = NetworkLoader(database, counts.manifest, network)
        with progress_bar("loading", unit="classes", total=len(names)) as bar:
            for name in names:
                bar.show(description=name)
                loader.load_class(counts.read_class(name))
                bar.advance()
    say(f"Loaded {counted(len(names), 'class', 'classes')} into network {loader.network.name}.")


@app.command(epilog="Example: summit-graph rank --class lion")
def rank(class_: ClassOption = None, network: NetworkOption = None, uri: UriOption = None) -> None:
    """Rank the channels of each class anew with Personalized PageRank and select its attribution graph."""
    from summit_graph.ranking import Ranker
    from summit_graph.records import Parameters
    from summit_graph.store.networks import find_network
    from summit_graph.views.classes import find_class, list_classes

    with the_database(uri) as database:
        found = find_network(database, network)
        ranker = Ranker(database, found.name, found.parameters or Parameters())
        if class_:
            classes = [find_class(database, found.name, text) for text in class_]
        else:
            classes = list_classes(database, found.name)
        with progress_bar("ranking", unit="classes", total=len(classes)) as bar:
            for stored in classes:
                bar.show(description=stored.summary.name)
                ranker.rank_class(stored.id, stored.summary.name)
                bar.advance()
    say(f"Ranked {counted(len(classes), 'class', 'classes')} of network {found.name}.")


@app.command(epilog="Examples: summit-graph rm lion tiger; summit-graph rm --network birds")
def rm(
    classes: Annotated[list[str] | None, typer.Argument(metavar="[CLASS]...", help="Classes.")] = None,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Take classes out of a network or, with --network alone, the whole network out of the database."""
    from summit_graph.store.networks import find_network

    if not classes and network is None:
        raise UsageError("name the classes to remove, or a whole network with --network")
    with the_database(uri) as database:
        name = find_network(database, network).name
        with progress_bar("removing", unit="relationships") as bar:
            if classes:
                _remove_classes(database, name, classes, bar)
            else:
                _remove_network(database, name, bar)


def _remove_classes(database, network: str, classes: list[str], bar: ProgressBar) -> None:  # type: ignore[no-untyped-def]
    from summit_graph.store.removal import remove_class
    from summit_graph.views.classes import find_class

    for stored in [find_class(database, network, text) for text in classes]:
        bar.show(description=stored.summary.name)
        remove_class(database, network, stored.summary.name, on_cleared=bar.advance)
        say(f"Removed class {stored.summary.name} from network {network}.")


def _remove_network(database, network: str, bar: ProgressBar) -> None:  # type: ignore[no-untyped-def]
    from summit_graph.store.removal import remove_network

    remove_network(database, network, on_cleared=bar.advance)
    say(f"Removed network {network}.")


def _chosen(there: list[str], wanted: list[str] | None) -> list[str]:
    missing = sorted(set(wanted or []) - set(there))
    if missing:
        raise UsageError(f"the count folder has no class {missing[0]!r}")
    return [name for name in there if not wanted or name in wanted]
