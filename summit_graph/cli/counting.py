"""Commands that count: aggregate, merge, ingest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import FAILED, SKIPPED, ProgressBar, counted, progress_bar, say
from summit_graph.cli.options import ClassOption, NetworkOption, OutOption, UriOption, the_database
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.labels import Match
from summit_graph.records import Channel, Parameters

if TYPE_CHECKING:
    from summit_graph.aggregate.ranks import Ranks
    from summit_graph.aggregate.run import ClassCounting, OnProgress
    from summit_graph.counts import ClassTables, Manifest
    from summit_graph.loading import NetworkLoader
    from summit_graph.model.weights import Weights
    from summit_graph.progress import ProgressFile

app = typer.Typer()


ImagesArgument = Annotated[
    Path,
    typer.Argument(
        metavar="IMAGES",
        help="A folder with a folder (or tar) of images per class, a tar, a list of paths and classes "
        "(.txt, .tsv, .csv), or imagenette.",
    ),
]
WeightsOption = Annotated[
    str, typer.Option("--weights", "-w", help="bvlc, torchvision, or a .safetensors, .onnx or .pth file.")
]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", help="The output names of a fine-tuned model, one a line.")
]
MatchingOption = Annotated[
    Match, typer.Option("--match", help="Match folders to outputs by name, also by index, or not.")
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
MassOption = Annotated[
    float | None,
    typer.Option("--mass", help="Share of a layer's activation that its top channels hold. [default: 0.03]"),
]
TopActivationsOption = Annotated[
    int | None, typer.Option("--top-activations", help="Instead of --mass: a fixed number of top channels.")
]
TopInfluencesOption = Annotated[int, typer.Option("--top-influences", help="Largest inputs of an output.")]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="A channel to leave out, such as mixed3a/67 (several times)."),
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out files that are no images, and list them.")
]
ProcessesOption = Annotated[
    int | None, typer.Option("--processes", help="Parallel processes; by default one per core.")
]
ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Count only part I of N (0 to N-1, or 1 to N); then merge."),
]


@dataclass(frozen=True)
class _Request:
    """What ``aggregate`` and ``ingest`` are asked to count, by the names of their options."""

    images: Path
    weights: str = "bvlc"
    labels: Path | None = None
    match: Match = "auto"
    class_: list[str] | None = None
    device: str = "auto"
    mass: float | None = None
    top_activations: int | None = None
    top_influences: int = 5
    exclude: list[str] | None = None
    skip_bad: bool = False
    processes: int | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> _Request:
        """From a command's options."""
        return cls(**{field.name: options[field.name] for field in fields(cls)})

    @property
    def parameters(self) -> Parameters:
        """How to count: the paper's mass of 3 %, unless told otherwise."""
        if self.mass is not None and self.top_activations is not None:
            raise UsageError("--mass and --top-activations exclude each other: give one")
        mass = Parameters().mass if self.top_activations is None else None
        return Parameters(
            mass=mass if self.mass is None else self.mass,
            top_activations=self.top_activations,
            top_influences=self.top_influences,
            excluded=tuple(Channel.parse(text) for text in self.exclude or ()),
        )


@dataclass(frozen=True)
class _Run:
    """A counting run: what counts, the manifest of what it counts, and what it left out so far."""

    counting: ClassCounting
    manifest: Manifest
    skipped: list[dict[str, str]]

    def classes(self) -> Iterator[ClassTables]:
        """Count class by class; the manifest's list of skipped files is complete at the end."""
        yield from self.counting
        self.skipped.extend(entry.to_json() for entry in self.counting.skipped)

    def tell_skipped(self) -> None:
        """Name what was left out, and end with exit code 3 if anything was."""
        for entry in self.skipped:
            say(f"Skipped {entry['file']}: {entry['reason']}")
        if self.skipped:
            raise typer.Exit(SKIPPED)


@app.command(epilog="Example: summit-graph aggregate photos/ --out counts/ --device cuda")
def aggregate(
    context: typer.Context,
    images: ImagesArgument,
    out: OutOption,
    weights: WeightsOption = "bvlc",
    labels: LabelsOption = None,
    match: MatchingOption = "auto",
    class_: ClassOption = None,
    device: DeviceOption = "auto",
    mass: MassOption = None,
    top_activations: TopActivationsOption = None,
    top_influences: TopInfluencesOption = 5,
    exclude: ExcludeOption = None,
    skip_bad: SkipBadOption = False,
    processes: ProcessesOption = None,
    shard: ShardOption = None,
) -> None:
    """Count activations and influences of each class into a folder of count files; no database needed.

    Under torchrun the processes share the work and the first one writes the folder.
    """
    request = _Request.of(context.params)
    if _launched_ranks() == 1:
        _aggregate(request, out, _shard(shard))
    elif shard is None:
        _aggregate_as_rank(request, out)
    else:
        raise UsageError("--shard and torchrun both split the work: use one of them")


def _aggregate(request: _Request, out: Path, shard: tuple[int, int] | None) -> None:
    from summit_graph.counts import write_count_folder

    work = out / ".unfinished"
    with _locked(work), progress_bar("counting", unit="images") as bar:
        run = _start(request, work, bar, shard=shard)
        manifest = write_count_folder(out, run.manifest, run.classes())
    shutil.rmtree(work)
    _tell_counts(out, manifest)
    run.tell_skipped()


def _aggregate_as_rank(request: _Request, out: Path) -> None:
    """One of torchrun's processes: count a part, wait for the others; the first adds the parts up."""
    require_compute()
    from summit_graph.aggregate.ranks import FailedElsewhereError, joined_ranks

    work = out / ".unfinished"
    try:
        with (
            joined_ranks() as ranks,
            progress_bar("counting", unit="images", shown=ranks.rank == 0) as bar,
            _locked_by_first(work, ranks),
        ):
            run = _count_part(request, work, bar, ranks)
            ranks.wait_for_all(on_wait=lambda: _show_progress(bar, *ranks.read_progress()))
            if ranks.rank == 0:
                manifest = _add_parts_up(run, work, out, ranks.number)
    except FailedElsewhereError:
        raise typer.Exit(FAILED) from None
    if ranks.rank == 0:
        shutil.rmtree(work)
        _tell_counts(out, manifest)
        run.tell_skipped()


def _count_part(request: _Request, work: Path, bar: ProgressBar, ranks: Ranks) -> _Run:
    """This rank's shard, in a folder of its own, which it also resumes from."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.counts import write_count_folder

    device = ranks.choose_device(select_device(request.device))
    processes = request.processes or ranks.choose_processes(device)
    folder = _part_folder(work, ranks.rank, ranks.number)
    with _locked(folder):
        request = replace(request, device=device, processes=processes)
        run = _start(request, folder, bar, shard=(ranks.rank, ranks.number), ranks=ranks)
        write_count_folder(folder / "counts", run.manifest, run.classes(), tables=("activations", "hops"))
    return run


def _add_parts_up(run: _Run, work: Path, out: Path, number: int) -> Manifest:
    """All ranks' parts as one count folder; what a single process would have left out is left out."""
    from summit_graph.aggregate.run import NO_IMAGE
    from summit_graph.counts import CountFolder, merge_count_folders

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
    network: NetworkOption = None,
    weights: WeightsOption = "bvlc",
    labels: LabelsOption = None,
    match: MatchingOption = "auto",
    class_: ClassOption = None,
    device: DeviceOption = "auto",
    mass: MassOption = None,
    top_activations: TopActivationsOption = None,
    top_influences: TopInfluencesOption = 5,
    exclude: ExcludeOption = None,
    skip_bad: SkipBadOption = False,
    processes: ProcessesOption = None,
    uri: UriOption = None,
) -> None:
    """From images to attribution graphs: count, load, rank and embed every class folder.

    Adds to the network or replaces the same classes; after an interruption the same command goes on.
    """
    _ingest(_Request.of(context.params), network, uri).tell_skipped()


def _ingest(request: _Request, network: str | None, uri: str | None) -> _Run:
    from summit_graph.embedding_store import embed_network
    from summit_graph.loading import NetworkLoader
    from summit_graph.settings import DatabaseSettings, Home

    if _launched_ranks() > 1:
        raise UsageError("ingest is one process: spread aggregate by torchrun, then load what it wrote")
    work = Home().run_folder(
        str(request.images.resolve()), uri or DatabaseSettings().uri or "", network or ""
    )
    with _locked(work), the_database(uri) as database, progress_bar("preparing", unit="images") as bar:
        run = _start(request, work, bar)
        loader = NetworkLoader(database, run.manifest, network)
        classes = _load_counted(run, loader, work, bar)
        bar.show(description="laying out")
        embed_network(database, loader.network.name)
    shutil.rmtree(work)
    say(f"Network {loader.network.name}: {counted(classes, 'class', 'classes')} counted, loaded and ranked.")
    say(f"Next: summit-graph graph CLASS --network {loader.network.name}")
    return run


@app.command(epilog="Example: summit-graph merge machine-1/ machine-2/ --out counts/")
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Count folders.")], out: OutOption
) -> None:
    """Add up count folders of the same weights and parameters."""
    from summit_graph.counts import CountFolder, merge_count_folders

    manifest = merge_count_folders([CountFolder(folder) for folder in folders], out)
    _tell_counts(out, manifest)


def _start(
    request: _Request,
    work: Path,
    bar: ProgressBar,
    *,
    shard: tuple[int, int] | None = None,
    ranks: Ranks | None = None,
) -> _Run:
    """Read what is to be counted and with what; nothing is counted before the run is iterated."""
    require_compute()
    from summit_graph.aggregate.downloads import find_images
    from summit_graph.aggregate.run import count_classes, select_device
    from summit_graph.images import read_dataset
    from summit_graph.labels import read_labels
    from summit_graph.progress import ProgressFile

    parameters = request.parameters
    dataset = read_dataset(find_images(request.images, on_message=say), only=request.class_ or None)
    onlookers = ProgressFile(work, dataset.name)
    weights = read_weights_with(request.weights, bar)
    _check_excluded(parameters, weights)
    counting = count_classes(
        dataset,
        weights,
        work_dir=work,
        labels=read_labels(request.labels, outputs=weights.outputs),
        match=request.match,
        parameters=parameters,
        device=select_device(request.device),
        processes=request.processes,
        skip_bad=request.skip_bad,
        shard=shard,
        on_progress=_progress_on(bar, onlookers, ranks),
    )
    for warning in counting.warnings if ranks is None or ranks.rank == 0 else ():
        say(f"Warning: {warning}")
    bar.show(description="counting", done=0, total=counting.images if ranks is None else len(dataset))
    return _run_of(counting, weights, parameters, dataset.name)


def _progress_on(bar: ProgressBar, onlookers: ProgressFile, ranks: Ranks | None) -> OnProgress:
    """Shows this process's progress, or that of all ranks together."""

    def show(done: int, total: int, skipped: int) -> None:
        onlookers.write(done, total)
        _show_progress(bar, *((done, skipped) if ranks is None else ranks.share_progress(done, skipped)))

    return show


def _show_progress(bar: ProgressBar, done: int, skipped: int) -> None:
    bar.show(done=done, note=f"{skipped} skipped" if skipped else "")


def _tell_counts(out: Path, manifest: Manifest) -> None:
    images = sum(manifest.images.values())
    classes = counted(len(manifest.images), "class", "classes")
    say(f"{out} holds {classes}, {counted(images, 'image', 'images')}.")


def _run_of(counting: ClassCounting, weights: Weights, parameters: Parameters, dataset: str) -> _Run:
    from summit_graph.counts import Manifest

    skipped: list[dict[str, str]] = []
    manifest = Manifest(
        model=weights.name,
        weights_sha256=weights.sha256,
        parameters=parameters,
        layers=weights.layers,
        dataset=dataset,
        skipped=skipped,
    )
    return _Run(counting, manifest, skipped)


def _load_counted(run: _Run, loader: NetworkLoader, work: Path, bar: ProgressBar) -> int:
    """Load each class as soon as it is counted; classes that an interrupted run loaded are not again."""
    from summit_graph.loading import LoadedClasses

    loaded = LoadedClasses(work / "loaded.json", loader)
    for tables in run.classes():
        if not loaded.has(tables):
            bar.show(description=f"loading {tables.summary.name}")
            loaded.add(tables, loader.load_class(tables))
            bar.show(description="counting")
    return len(loaded)


def require_compute() -> None:
    """SummitGraphError where the packages of the compute extra are missing."""
    from importlib.util import find_spec

    for package in ("torch", "safetensors", "PIL"):
        if find_spec(package) is None:
            raise SummitGraphError(f"this needs {package}: pip install 'summit-graph[compute]'")


def read_weights_with(source: str, bar: ProgressBar) -> Weights:
    """The weights that ``--weights`` names; a download shows on the bar."""
    from summit_graph.model.weights import read_weights

    bar.show(description=f"reading weights {source}")
    return read_weights(source, on_progress=lambda done, total: bar.show(done=done, total=total))


def _check_excluded(parameters: Parameters, weights: Weights) -> None:
    widths = {layer.name: layer.channels for layer in weights.layers}
    for channel in parameters.excluded:
        if channel.index >= widths[channel.layer]:
            raise UsageError(f"--exclude {channel}: {channel.layer} has {widths[channel.layer]} channels")


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
    with _locked(work):
        yield


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    """One run at a time in a work folder."""
    from filelock import FileLock, Timeout

    work.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work / "lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        raise SummitGraphError(f"another process is counting into {work.parent}: wait for it") from None
