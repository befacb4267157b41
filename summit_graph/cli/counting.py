"""Commands that count: aggregate, merge, ingest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import FAILED, ProgressBar, counted, progress_bar, say
from summit_graph.cli.counting_runs import (
    LOCK,
    DeviceOption,
    ExcludeOption,
    ImagesArgument,
    ImagesPerClassOption,
    LabelsOption,
    MassOption,
    MatchingOption,
    ProcessesOption,
    Request,
    Run,
    ShardOption,
    SkipBadOption,
    ThumbnailsOption,
    TopActivationsOption,
    TopInfluencesOption,
    TransformInputOption,
    WeightsOption,
    example_folder,
    keep_largest,
    locked,
    require_compute,
    show_progress,
    start_run,
    write_examples,
)
from summit_graph.cli.options import ClassOption, NewNetworkOption, OutOption, UriOption, the_database
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.settings import DEFAULT_WEIGHTS
from summit_graph.system.own_folders import delete_own_folder, make_own_folder

if TYPE_CHECKING:
    from summit_graph.aggregate.torchrun import Ranks
    from summit_graph.counts.folder import Manifest
    from summit_graph.rendering.examples import ExampleFolder
    from summit_graph.store.connection import Database
    from summit_graph.workflows.load import NetworkLoader

app = typer.Typer()


@app.command(epilog="Example: summit-graph aggregate photos/ --out counts/ --device cuda")
def aggregate(
    context: typer.Context,
    images: ImagesArgument,
    out: OutOption,
    weights: WeightsOption = DEFAULT_WEIGHTS,
    transform_input: TransformInputOption = None,
    labels: LabelsOption = None,
    match: MatchingOption = "auto",
    class_: ClassOption = None,
    device: DeviceOption = "auto",
    mass: MassOption = None,
    top_activations: TopActivationsOption = None,
    top_influences: TopInfluencesOption = 5,
    exclude: ExcludeOption = None,
    images_per_class: ImagesPerClassOption = None,
    skip_bad: SkipBadOption = False,
    processes: ProcessesOption = None,
    shard: ShardOption = None,
) -> None:
    """Count activations and influences of each class into a folder of count files; no database needed.

    Under torchrun the processes share the work and the first one writes the folder.
    """
    request = Request.of(context.params)
    if _launched_ranks() == 1:
        _aggregate(request, out, _shard(shard))
    elif shard is None:
        _aggregate_as_rank(request, out)
    else:
        raise UsageError("--shard and torchrun both split the work: use one of them")


def _aggregate(request: Request, out: Path, shard: tuple[int, int] | None) -> None:
    from summit_graph.counts.folder import write_count_folder

    work = out / ".unfinished"
    with locked(work), progress_bar("counting", unit="images") as bar:
        run = start_run(request, work, bar, shard=shard)
        manifest = write_count_folder(out, run.manifest, run.classes())
    delete_own_folder(work)
    _tell_counts(out, manifest)
    run.tell_skipped()


def _aggregate_as_rank(request: Request, out: Path) -> None:
    """One of torchrun's processes: count a part, wait for the others; the first adds the parts up."""
    require_compute()
    from summit_graph.aggregate.torchrun import FailedElsewhereError, joined_ranks

    work = out / ".unfinished"
    try:
        with (
            joined_ranks() as ranks,
            progress_bar("counting", unit="images", shown=ranks.rank == 0) as bar,
            _locked_by_first(work, ranks),
        ):
            run = _count_part(request, work, bar, ranks)
            ranks.wait_for_all(on_wait=lambda: show_progress(bar, *ranks.read_progress()))
            if ranks.rank == 0:
                manifest = _add_parts_up(run, work, out, ranks.number)
    except FailedElsewhereError:
        raise typer.Exit(FAILED) from None
    if ranks.rank == 0:
        delete_own_folder(work)
        _tell_counts(out, manifest)
        run.tell_skipped()


def _count_part(request: Request, work: Path, bar: ProgressBar, ranks: Ranks) -> Run:
    """This rank's shard, in a folder of its own, which it also resumes from."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.counts.folder import write_count_folder

    device = ranks.choose_device(select_device(request.device))
    processes = request.processes or ranks.choose_processes()
    folder = _part_folder(make_own_folder(work, known_by=LOCK), ranks.rank, ranks.number)
    with locked(folder):
        request = replace(request, device=device, processes=processes)
        run = start_run(request, folder, bar, shard=(ranks.rank, ranks.number), ranks=ranks)
        write_count_folder(folder / "counts", run.manifest, run.classes(), tables=("activations", "hops"))
    return run


def _add_parts_up(run: Run, work: Path, out: Path, number: int) -> Manifest:
    """All ranks' parts as one count folder; what a single process would have left out is left out."""
    from summit_graph.aggregate.run import NO_IMAGE
    from summit_graph.counts.add_up import merge_count_folders
    from summit_graph.counts.folder import CountFolder

    paths = [_part_folder(work, rank, number) / "counts" for rank in range(number)]
    for rank, path in enumerate(paths):
        if not path.is_dir():
            raise SummitGraphError(
                f"{out} has no part of rank {rank}: name a folder that all machines of the run see"
            )
    parts = [CountFolder(path) for path in paths]
    there = {name for part in parts for name in part.summaries}
    empty = [name for name in run.counting.dataset.classes if name not in there]
    manifest = merge_count_folders(parts, out, skipped=[{"file": name, "reason": NO_IMAGE} for name in empty])
    run.skipped[:] = [dict(entry) for entry in manifest.skipped]
    return manifest


def _part_folder(work: Path, rank: int, number: int) -> Path:
    return work / f"rank-{rank}-of-{number}"


def _launched_ranks() -> int:
    """How many processes torchrun, or whatever else sets its variables, started for this command."""
    variables = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    return int(os.environ["WORLD_SIZE"]) if all(name in os.environ for name in variables) else 1


@app.command(epilog="Example: summit-graph ingest photos/ --network my-photos")
def ingest(
    context: typer.Context,
    images: ImagesArgument,
    network: NewNetworkOption = None,
    weights: WeightsOption = DEFAULT_WEIGHTS,
    transform_input: TransformInputOption = None,
    labels: LabelsOption = None,
    match: MatchingOption = "auto",
    class_: ClassOption = None,
    device: DeviceOption = "auto",
    mass: MassOption = None,
    top_activations: TopActivationsOption = None,
    top_influences: TopInfluencesOption = 5,
    exclude: ExcludeOption = None,
    images_per_class: ImagesPerClassOption = None,
    skip_bad: SkipBadOption = False,
    processes: ProcessesOption = None,
    examples: Annotated[
        bool,
        typer.Option("--examples/--no-examples", help="Gather each channel's strongest images on the way."),
    ] = True,
    thumbnails: ThumbnailsOption = True,
    uri: UriOption = None,
) -> None:
    """From images to attribution graphs: count, load, rank and embed every class folder.

    Adds to the network or replaces the same classes; after an interruption the same command goes on.
    """
    _ingest(Request.of(context.params), network, uri, examples=examples, thumbnails=thumbnails).tell_skipped()


def _ingest(
    request: Request,
    network: str | None,
    uri: str | None,
    *,
    examples: bool,
    thumbnails: bool,
) -> Run:
    from summit_graph.settings import DatabaseSettings, Home
    from summit_graph.views.pictures import example_owner
    from summit_graph.workflows.embed import embed_network
    from summit_graph.workflows.load import NetworkLoader

    if _launched_ranks() > 1:
        raise UsageError("ingest is one process: spread aggregate by torchrun, then load what it wrote")
    work = Home().run_folder(
        str(request.images.resolve()), uri or DatabaseSettings().uri or "", network or ""
    )
    with locked(work), the_database(uri) as database, progress_bar("preparing", unit="images") as bar:
        run = start_run(request, work, bar, examples=examples)
        loader = NetworkLoader(database, run.manifest, network)
        folder = example_folder(run, example_owner(database, loader.network))
        if examples:
            folder.prepare()
        classes = _load_counted(run, loader, folder, work, bar)
        bar.show(description="laying out")
        embed_network(database, loader.network.name)
        if examples:
            write_examples(run, folder, bar, thumbnails=thumbnails)
        _tell_namesakes(database, loader.network.name, run)
    delete_own_folder(work)
    say(f"Network {loader.network.name}: {counted(classes, 'class', 'classes')} counted, loaded and ranked.")
    say(f"Next: summit-graph graph CLASS --network {loader.network.name}")
    return run


def _tell_namesakes(database: Database, network: str, run: Run) -> None:
    """A class that is called as another's title takes over that name: an exact name wins."""
    from summit_graph.views.classes import list_classes

    summaries = [stored.summary for stored in list_classes(database, network)]
    for name in run.counting.dataset.classes:
        for other in summaries:
            if other.name != name and other.title.casefold() == name.casefold():
                say(f"{network} has {other.name} ({other.title}) too; {name!r} means the one of this name.")


@app.command(epilog="Example: summit-graph merge machine-1/ machine-2/ --out counts/")
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Count folders.")], out: OutOption
) -> None:
    """Add up count folders of the same weights and parameters."""
    from summit_graph.counts.add_up import merge_count_folders
    from summit_graph.counts.folder import CountFolder

    parts = [CountFolder(folder) for folder in folders]
    classes = {name for part in parts for name in part.summaries}
    with progress_bar("checking", unit="classes", total=len(classes)) as bar:

        def show(name: str) -> None:
            bar.show(description=f"adding up {name}")
            bar.advance()

        manifest = merge_count_folders(parts, out, on_class=show)
    _tell_counts(out, manifest)


def _tell_counts(out: Path, manifest: Manifest) -> None:
    images = sum(manifest.images.values())
    classes = counted(len(manifest.images), "class", "classes")
    say(f"{out} holds {classes}, {counted(images, 'image', 'images')}.")


def _load_counted(
    run: Run, loader: NetworkLoader, examples: ExampleFolder, work: Path, bar: ProgressBar
) -> int:
    """Load each class as soon as it is counted; classes that an interrupted run loaded are not again."""
    from summit_graph.workflows.load import LoadedClasses

    loaded = LoadedClasses(work / "loaded.json", loader)
    for tables in run.classes():
        keep_largest(run, examples, tables.summary.name)
        if not loaded.has(tables):
            bar.show(description=f"loading {tables.summary.name}")
            loaded.add(tables, loader.load_class(tables))
            bar.show(description="counting")
    return len(loaded)


def _shard(text: str | None) -> tuple[int, int] | None:
    """``i/n`` as (i modulo n, n): parts may be called 0 to n-1 or 1 to n, as the scheduler does."""
    if text is None:
        return None
    index, _, number = text.partition("/")
    if not (index.isdecimal() and number.isdecimal() and int(index) <= int(number) and int(number) > 0):
        raise UsageError(f"--shard takes I/N, with I from 0 to N-1 or from 1 to N, not {text!r}")
    return int(index) % int(number), int(number)


@contextmanager
def _locked_by_first(work: Path, ranks: Ranks) -> Iterator[None]:
    """The first rank holds the lock for all."""
    if ranks.rank:
        yield
        return
    with locked(work):
        yield
