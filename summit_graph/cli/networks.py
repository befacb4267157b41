"""Commands that build and remove networks: load, rank, rm."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from summit_graph.cli.console import FAILED, ProgressBar, print_data, progress_bar, say
from summit_graph.cli.options import (
    ClassOption,
    NetworkOption,
    NewNetworkOption,
    RankingOption,
    RankRankingOption,
    SelectOption,
    UriOption,
    is_remote,
    the_database,
)
from summit_graph.display.wording import counted
from summit_graph.errors import UsageError
from summit_graph.names import did_you_mean, find_name

if TYPE_CHECKING:
    from summit_graph.counts.folder import CountFolder
    from summit_graph.records import Engine, RankingEngine, SelectedBy
    from summit_graph.store.connection import Database
    from summit_graph.store.networks import Network
    from summit_graph.views.classes import StoredClass

app = typer.Typer()


class Scoring(NamedTuple):
    """What channels are selected by, and where PageRank is computed (None: where it can be)."""

    selected_by: SelectedBy
    engine: Engine | None


@app.command(epilog="Example: summit-graph load counts/ --network birds")
def load(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A count folder.")],
    network: NewNetworkOption = None,
    class_: ClassOption = None,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="Build a new store with Neo4j's offline importer.")
    ] = False,
    discard: Annotated[
        bool, typer.Option("--discard", help="With --bulk: discard the other networks of the store.")
    ] = False,
    files: Annotated[
        Path | None,
        typer.Option("--files", help="With --bulk: only write the importer's input to this folder."),
    ] = None,
    select: SelectOption = "pagerank",
    ranking: RankingOption = None,
    uri: UriOption = None,
) -> None:
    """Load a count folder into the graph and rank its classes."""
    from summit_graph.counts.folder import CountFolder

    if bulk and class_:
        raise UsageError("--bulk loads all classes: omit --class")
    if not bulk and (discard or files is not None):
        raise UsageError(f"{'--discard' if discard else '--files'} needs --bulk: give both, or neither")
    counts = CountFolder(folder)
    counts.verify()
    if not bulk:
        _load_online(counts, network, class_, Scoring(select, ranking), uri)
    elif files is not None or is_remote(uri):
        _write_importers_input(counts, network, files or folder / "import")
    else:
        _load_bulk(counts, network, discard, Scoring(select, ranking))


@app.command(epilog="Example: summit-graph rank --class lion")
def rank(
    class_: ClassOption = None,
    select: SelectOption = "pagerank",
    ranking: RankRankingOption = None,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Rank the channels of each class with Personalized PageRank and select its attribution graph.

    After an interruption, run the same command again: it continues with the remaining classes.
    """
    from summit_graph.ranking.engine import choose_engine
    from summit_graph.settings import Home
    from summit_graph.store.networks import find_network
    from summit_graph.store.schema import create_schema
    from summit_graph.views.classes import find_class, list_classes

    with the_database(uri) as database:
        create_schema(database)
        found = find_network(database, network)
        if class_:
            classes = [find_class(database, found.name, text) for text in class_]
        else:
            classes = list_classes(database, found.name)
        identity = (database.identity, found.name, found.created, *sorted(class_ or ()), select, str(ranking))
        engine = ranking if ranking == "sessions" else choose_engine(database, ranking, say=say)
        state = Home().run_folder("rank", *identity)
        _rank_remaining(database, found, classes, state, selected_by=select, engine=engine)
    say(f"Ranked {counted(len(classes), 'class', 'classes')} of network {found.name}.")


def _rank_remaining(
    database: Database,
    network: Network,
    classes: list[StoredClass],
    state_folder: Path,
    *,
    selected_by: SelectedBy,
    engine: RankingEngine,
) -> None:
    """Rank the classes that an interrupted run of the same command did not rank."""
    from summit_graph.ranking.pagerank import rank_network
    from summit_graph.records import Parameters
    from summit_graph.workflows.load import RankedClasses

    ranked = RankedClasses(state_folder)
    remaining = {stored.summary.name: stored for stored in classes if not ranked.has(stored)}
    parameters = network.parameters or Parameters()
    with progress_bar("ranking", unit="classes", total=len(classes)) as bar:
        bar.show(done=len(classes) - len(remaining))

        def note(name: str) -> None:
            ranked.add(remaining[name])
            bar.advance()

        rank_network(
            database,
            network,
            parameters,
            classes=list(remaining.values()),
            selected_by=selected_by,
            engine=engine,
            on_class=note,
        )
    ranked.forget()


@app.command(epilog="Examples: summit-graph rm lion tiger; summit-graph rm --network birds")
def rm(
    classes: Annotated[
        list[str] | None, typer.Argument(metavar="[CLASS]...", help="Classes to remove.")
    ] = None,
    network: NetworkOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove a network without asking.")] = False,
    uri: UriOption = None,
) -> None:
    """Remove classes from a network or, with only --network, the entire network from the database.

    On a terminal it asks before it removes a network; elsewhere, as in a script, it does not ask.
    """
    from summit_graph.store.migration import prepare_to_write
    from summit_graph.store.networks import find_network

    if not classes and network is None:
        raise UsageError("name the classes to remove, or an entire network with --network")
    with the_database(uri) as database:
        prepare_to_write(database)
        found = find_network(database, network)
        if not classes:
            _confirm_removal(database, found, yes=yes)
        with progress_bar("removing", unit="relationships") as bar:
            if classes:
                _remove_classes(database, found, classes, bar)
            else:
                _remove_network(database, found, bar)


def _confirm_removal(database: Database, network: Network, *, yes: bool) -> None:
    """Say what will be removed; on a terminal, ask."""
    from summit_graph.workflows.remove import folders_of

    say(f"Removing network {network.name}: {counted(network.classes, 'class', 'classes')} from the database.")
    for folder in folders_of(database, network):
        say(f"Its examples are removed too: {folder}")
    if not yes and sys.stdin.isatty() and not typer.confirm("Remove it?", err=True):
        say("Nothing was removed.")
        raise typer.Exit(FAILED)


def _load_online(
    counts: CountFolder, network: str | None, wanted: list[str] | None, how: Scoring, uri: str | None
) -> None:
    from summit_graph.ranking.engine import choose_engine
    from summit_graph.workflows.load import load_counts

    names = _chosen(list(counts.summaries), wanted)
    counts.check_loadable(names)
    with the_database(uri) as database:
        engine = choose_engine(database, how.engine, say=say)
        with progress_bar("loading", unit="classes", total=len(names)) as bar:
            loaded = load_counts(
                database,
                counts,
                network,
                names=names,
                selected_by=how.selected_by,
                engine=engine,
                on_class=bar.listener.on_class,
            )
    say(f"Loaded {counted(len(names), 'class', 'classes')} into network {loaded.name}.")


def _load_bulk(counts: CountFolder, network: str | None, discard: bool, how: Scoring) -> None:
    from summit_graph.workflows.bulk_load import load_bulk

    counts.check_loadable(list(counts.summaries))
    with progress_bar("preparing", unit="classes") as bar:
        name = load_bulk(
            counts,
            network=network,
            discard=discard,
            selected_by=how.selected_by,
            engine=how.engine,
            listener=bar.listener,
        )
    classes = counted(len(counts.summaries), "class", "classes")
    say(f"The local database now holds network {name} with {classes}.")


def _write_importers_input(counts: CountFolder, network: str | None, files: Path) -> None:
    """Print the import command for another server on stdout, ready to paste."""
    from summit_graph.settings import DatabaseSettings
    from summit_graph.workflows.bulk_load import write_importers_input

    counts.check_loadable(list(counts.summaries))
    written = write_importers_input(counts, network=network, folder=files.resolve())
    database = DatabaseSettings().database or "neo4j"
    command = ["neo4j-admin", "database", "import", "full", database, "--overwrite-destination"]
    say(f"{files} holds the importer's input: copy it to that server if it has no access to it.")
    say(f"Stop database {database} there and run this command, which replaces its content:")
    print_data(f"cd {shlex.quote(str(written.folder))} && {shlex.join([*command, *written.arguments()])}")
    quoted = database.replace("`", "``")
    say(f"Then start the database (or CREATE DATABASE `{quoted}`) and run here: summit-graph rank --uri …")


def _remove_classes(database: Database, network: Network, classes: list[str], bar: ProgressBar) -> None:
    from summit_graph.views.classes import find_class
    from summit_graph.workflows.remove import remove_class_whole

    for stored in [find_class(database, network.name, text) for text in classes]:
        bar.show(description=stored.summary.name)
        remove_class_whole(database, network, stored.summary.name, on_cleared=bar.advance)
        say(f"Removed class {stored.summary.name} from network {network.name}.")


def _remove_network(database: Database, network: Network, bar: ProgressBar) -> None:
    from summit_graph.workflows.remove import remove_network_whole

    remove_network_whole(database, network, on_cleared=bar.advance)
    say(f"Removed network {network.name}.")


def _chosen(available: list[str], wanted: list[str] | None) -> list[str]:
    found = {text: find_name(text, available) for text in wanted or ()}
    for text, name in found.items():
        if name is None:
            raise UsageError(f"the count folder has no class {text!r}{did_you_mean(text, available)}")
    return [name for name in available if not wanted or name in found.values()]
