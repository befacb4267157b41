"""Commands that count: aggregate, ingest, merge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import ProgressBar, progress_bar, say
from summit_graph.cli.counting_options import CountingOptions, ThumbnailsOption
from summit_graph.cli.counting_runs import (
    example_folder,
    keep_largest,
    report_skipped,
    start_run,
    start_run_from,
    write_examples,
)
from summit_graph.cli.options import (
    NewNetworkOption,
    OutOption,
    RankingOption,
    SelectOption,
    UriOption,
    takes_options,
    the_database,
)
from summit_graph.cli.torchrun_runs import aggregate_as_rank, launched_ranks
from summit_graph.display.wording import counted
from summit_graph.errors import UsageError
from summit_graph.system.own_folders import delete_own_folder
from summit_graph.workflows.counting import Run, finish_counts, locked, work_folder

if TYPE_CHECKING:
    from summit_graph.counts.manifest import Manifest
    from summit_graph.records import Engine, SelectedBy
    from summit_graph.rendering.examples import ExampleFolder
    from summit_graph.store.connection import Database
    from summit_graph.workflows.load import NetworkLoader

app = typer.Typer()

ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Count only part I of N (0 to N-1 or 1 to N); then merge."),
]

BaselineOfOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--baseline-of",
        metavar="DIR",
        help="For --measure relevance: a count folder whose images are in the baseline too (repeatable).",
    ),
]


@app.command(epilog="Example: summit-graph aggregate photos/ --out counts/ --device cuda")
@takes_options
def aggregate(
    options: CountingOptions,
    out: OutOption,
    shard: ShardOption = None,
    baseline_of: BaselineOfOption = None,
) -> None:
    """Count the activations and influences of each class into a folder of count files, without a database.

    Under torchrun, the processes share the work and the first one writes the folder.
    """
    if launched_ranks() > 1:
        if shard is not None:
            raise UsageError("--shard and torchrun both split the work: use one of them")
        _aggregate_as_rank(options, out, baseline_of or ())
    else:
        _aggregate(options, out, _parse_shard(shard), baseline_of or ())


def _aggregate(
    options: CountingOptions, out: Path, shard: tuple[int, int] | None, baseline_of: Sequence[Path]
) -> None:
    from summit_graph.counts.writer import write_count_folder

    work = work_folder(out)
    with locked(work), progress_bar("counting", unit="images") as bar:
        run = start_run_from(baseline_of, options, work, bar, shard=shard)
        manifest = write_count_folder(out, run.manifest, run.classes())
    _finish(run, manifest, out)


def _aggregate_as_rank(options: CountingOptions, out: Path, baseline_of: Sequence[Path]) -> None:
    written = aggregate_as_rank(options, work_folder(out), out, baseline_of)
    if written:
        _finish(*written, out)


def _finish(run: Run, manifest: Manifest, out: Path) -> None:
    finish_counts(run, out)
    _report_counts(out, manifest)
    report_skipped(run.skipped)


@app.command(epilog="Example: summit-graph ingest photos/ --network my-photos")
@takes_options
def ingest(
    options: CountingOptions,
    network: NewNetworkOption = None,
    examples: Annotated[
        bool,
        typer.Option("--examples/--no-examples", help="Also gather the images with each channel's maxima."),
    ] = True,
    thumbnails: ThumbnailsOption = True,
    select: SelectOption = "pagerank",
    ranking: RankingOption = None,
    uri: UriOption = None,
) -> None:
    """Count, load, rank and embed the classes of a folder of images.

    Adds classes to the network, or replaces those of the same name. After an interruption, run the same
    command again: it continues.
    """
    if launched_ranks() > 1:
        raise UsageError("ingest runs as one process: use aggregate under torchrun, then load its folder")
    run = ingest_images(
        options, network, uri, examples=examples, thumbnails=thumbnails, select=select, ranking=ranking
    )
    report_skipped(run.skipped)


def ingest_images(
    options: CountingOptions,
    network: str | None,
    uri: str | None,
    *,
    examples: bool = True,
    thumbnails: bool = True,
    select: SelectedBy = "pagerank",
    ranking: Engine | None = None,
) -> Run:
    """Count, load, rank and embed; an interrupted run continues."""
    from summit_graph.ranking.engine import choose_engine
    from summit_graph.settings import DatabaseSettings, Home
    from summit_graph.store.networks import baseline_folder, baseline_folders_for
    from summit_graph.views.pictures import example_owner
    from summit_graph.workflows.embed import embed_network
    from summit_graph.workflows.load import NetworkLoader

    identity = (str(options.images.resolve()), uri or DatabaseSettings().uri or "", network or "")
    work = Home().run_folder(*identity)
    with locked(work), the_database(uri) as database, progress_bar("preparing", unit="images") as bar:
        engine = choose_engine(database, ranking, say=say)
        kept_dirs_of = partial(baseline_folders_for, database, name=network)
        run = start_run(options, work, bar, examples=examples, kept_dirs_of=kept_dirs_of)
        loader = NetworkLoader(database, run.manifest, network, selected_by=select, engine=engine)
        folder = example_folder(run, example_owner(database, loader.network))
        if examples:
            folder.prepare()
        classes = _load_counted(run, loader, folder, work, bar)
        bar.show(description="embedding")
        embed_network(database, loader.network.name)
        if examples:
            write_examples(run, folder, bar, thumbnails=thumbnails)
        if run.counting.first_pass:
            run.counting.first_pass.keep(baseline_folder(loader.network))
        _report_namesakes(database, loader.network.name, run)
    delete_own_folder(work)
    say(f"Network {loader.network.name}: {counted(classes, 'class', 'classes')} counted, loaded and ranked.")
    say(f"Next: summit-graph graph CLASS --network {loader.network.name}")
    return run


def _load_counted(
    run: Run, loader: NetworkLoader, examples: ExampleFolder, work: Path, bar: ProgressBar
) -> int:
    """Load each class as soon as it is counted, except those that an interrupted run has loaded."""
    from summit_graph.workflows.load import LoadedClasses

    loaded = LoadedClasses(work / "loaded.json", loader)
    for tables in run.classes():
        if not loaded.has(tables):
            bar.show(description=f"loading {tables.summary.name}")
            loaded.add(tables, loader.load_class(tables))
            bar.show(description="counting")
        keep_largest(run, examples, tables.summary.name)  # of no class that the network did not take
    return len(loaded)


def _report_namesakes(database: Database, network: str, run: Run) -> None:
    """Say which counted classes have the title of another class: an exact name takes precedence."""
    from summit_graph.views.classes import list_classes

    summaries = [stored.summary for stored in list_classes(database, network)]
    for name in run.counting.dataset.classes:
        for other in summaries:
            if other.name != name and other.title.casefold() == name.casefold():
                say(f"{network} also has {other.name} ({other.title}); {name!r} is the class with that name.")


@app.command(epilog="Example: summit-graph merge machine-1/ machine-2/ --out counts/")
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Count folders.")], out: OutOption
) -> None:
    """Add up count folders that were made with the same weights and parameters."""
    from summit_graph.counts.add_up import merge_count_folders
    from summit_graph.counts.folder import CountFolder

    for one, other in combinations(folders, 2):
        if one.exists() and other.exists() and one.samefile(other):
            raise UsageError(f"{one} and {other} are the same folder: name each one once")
    parts = [CountFolder(folder) for folder in folders]
    classes = {name for part in parts for name in part.summaries}
    with progress_bar("adding up", unit="classes", total=len(classes)) as bar:
        manifest = merge_count_folders(parts, out, on_class=bar.listener.on_class)
    _report_counts(out, manifest)


def _report_counts(out: Path, manifest: Manifest) -> None:
    images = sum(manifest.images.values())
    classes = counted(len(manifest.images), "class", "classes")
    say(f"{out} holds {classes}, {counted(images, 'image', 'images')}.")


def _parse_shard(text: str | None) -> tuple[int, int] | None:
    """``i/n`` as (i modulo n, n): parts are numbered 0 to n-1 or 1 to n, depending on the scheduler."""
    if text is None:
        return None
    index, _, number = text.partition("/")
    if not (index.isdecimal() and number.isdecimal() and int(index) <= int(number) and int(number) > 0):
        raise UsageError(f"--shard takes I/N, with I from 0 to N-1 or from 1 to N, not {text!r}")
    return int(index) % int(number), int(number)
