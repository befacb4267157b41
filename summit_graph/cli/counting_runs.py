"""What counting commands share: what they are asked to count, and how such a run is begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import SKIPPED, ProgressBar, say
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.images.labels import IMAGENET_OUTPUTS, Match
from summit_graph.records import Channel, Parameters
from summit_graph.settings import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from summit_graph.aggregate.run import ClassCounting, OnProgress
    from summit_graph.aggregate.torchrun import Ranks
    from summit_graph.counts.folder import ClassTables, Manifest
    from summit_graph.images import Dataset
    from summit_graph.model.weights import Weights
    from summit_graph.pictures.index import ExampleOwner
    from summit_graph.rendering.examples import ExampleFolder
    from summit_graph.system.progress import ProgressFile

ImagesArgument = Annotated[
    Path,
    typer.Argument(
        metavar="IMAGES",
        help="A folder with a folder (or tar) of images per class, a tar, a list of paths and classes "
        "(.txt, .tsv, .csv, with or without a heading), or imagenette.",
    ),
]
WeightsOption = Annotated[
    str, typer.Option("--weights", "-w", help="bvlc, torchvision, or a file: safetensors, ONNX or PyTorch.")
]
TransformInputOption = Annotated[
    bool | None,
    typer.Option(
        "--transform-input/--no-transform-input",
        help="Whether a torchvision GoogLeNet was trained with transform_input: one that was fine-tuned from "
        "torchvision's weights was, one trained from scratch was not. [default: it was]",
        show_default=False,
    ),
]
LabelsOption = Annotated[
    Path | None,
    typer.Option("--labels", help="The output names of a fine-tuned model: one a line, CSV or JSON."),
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
ImagesPerClassOption = Annotated[
    int | None,
    typer.Option(
        "--images-per-class",
        metavar="N",
        help="Only the first N images of each class, sorted by name. [default: all]",
    ),
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out files that are no images, and list them.")
]
ProcessesOption = Annotated[
    int | None,
    typer.Option(
        "--processes", help="Parallel processes, which on a GPU decode for it; by default one per core."
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Count only part I of N (0 to N-1, or 1 to N); then merge."),
]


ThumbnailsOption = Annotated[
    bool,
    typer.Option("--thumbnails/--no-thumbnails", help="Cut the examples' patches, or only list them."),
]


@dataclass(frozen=True)
class Request:
    """What ``aggregate`` and ``ingest`` are asked to count, by the names of their options."""

    images: Path
    weights: str = DEFAULT_WEIGHTS
    transform_input: bool | None = None
    labels: Path | None = None
    match: Match = "auto"
    class_: list[str] | None = None
    device: str = "auto"
    mass: float | None = None
    top_activations: int | None = None
    top_influences: int = 5
    exclude: list[str] | None = None
    images_per_class: int | None = None
    skip_bad: bool = False
    processes: int | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
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
            images_per_class=self.images_per_class,
        )


@dataclass(frozen=True)
class Run:
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


def start_run(
    request: Request,
    work: Path,
    bar: ProgressBar,
    *,
    shard: tuple[int, int] | None = None,
    ranks: Ranks | None = None,
    counts: bool = True,
    examples: bool = False,
) -> Run:
    """Read what is to be counted and with what; nothing is counted before the run is iterated.

    ``counts`` and ``examples`` say what is gathered (``aggregate.work.Job``).
    """
    require_compute()
    from summit_graph.aggregate.run import Split, count_classes, select_device
    from summit_graph.aggregate.work import Job
    from summit_graph.images.labels import read_labels
    from summit_graph.system.progress import ProgressFile

    parameters = request.parameters
    dataset = _read_images(request)
    weights = read_weights_with(request.weights, bar, transform_input=request.transform_input)
    _check_excluded(parameters, weights)
    labels = read_labels(request.labels, outputs=weights.outputs)
    job = Job(
        weights=weights,
        work_dir=work,
        parameters=parameters,
        device=select_device(request.device),
        skip_bad=request.skip_bad,
        counts=counts,
        examples=examples,
    )
    counting = count_classes(
        dataset,
        job,
        match_class=partial(labels.match_class, match=request.match),
        split=Split(processes=request.processes, shard=shard),
        on_progress=_progress_on(bar, ProgressFile(work, dataset.name), ranks),
    )
    _announce(counting, bar, ranks, assumed=_assumed_labels(request, weights))
    return _run_of(counting, weights, parameters, dataset.name)


def _assumed_labels(request: Request, weights: Weights) -> list[str]:
    """What no weights file records: the names of the outputs."""
    from summit_graph.model.weights import NAMED_WEIGHTS

    known = request.labels or request.match == "none" or weights.name in NAMED_WEIGHTS
    if known or weights.outputs != IMAGENET_OUTPUTS:
        return []
    return [
        f"The {IMAGENET_OUTPUTS} outputs of {weights.name} are taken for ImageNet's: --labels names others."
    ]


def _announce(
    counting: ClassCounting, bar: ProgressBar, ranks: Ranks | None, *, assumed: Sequence[str]
) -> None:
    """The first rank speaks for all, and every bar is over what all of them count."""
    if ranks is None or ranks.rank == 0:
        tell_input(counting.job.weights)
        for text in (
            *assumed,
            *counting.dataset.notes,
            *(f"Warning: {warning}" for warning in counting.warnings),
        ):
            say(text)
    images = counting.images if ranks is None else len(counting.dataset)
    bar.show(description="counting", done=0, total=images)


def _read_images(request: Request) -> Dataset:
    from summit_graph.images import read_dataset
    from summit_graph.images.downloads import find_images

    dataset = read_dataset(find_images(request.images, on_message=say), only=request.class_ or None)
    limit = request.parameters.images_per_class
    return dataset if limit is None else dataset.first(limit)


def _progress_on(bar: ProgressBar, onlookers: ProgressFile, ranks: Ranks | None) -> OnProgress:
    """Shows this process's progress, or that of all ranks together."""

    def show(done: int, total: int, skipped: int) -> None:
        onlookers.write(done, total)
        show_progress(bar, *((done, skipped) if ranks is None else ranks.share_progress(done, skipped)))

    return show


def show_progress(bar: ProgressBar, done: int, skipped: int) -> None:
    """How many images are done and left out."""
    bar.show(done=done, note=f"{skipped} skipped" if skipped else "")


def _run_of(counting: ClassCounting, weights: Weights, parameters: Parameters, dataset: str) -> Run:
    from summit_graph.counts.folder import Manifest

    skipped: list[dict[str, str]] = []
    manifest = Manifest(
        model=weights.name,
        weights_sha256=weights.sha256,
        parameters=parameters,
        layers=weights.layers,
        dataset=dataset,
        skipped=skipped,
        input=weights.input,
    )
    return Run(counting, manifest, skipped)


def require_compute() -> None:
    """SummitGraphError where the packages of the compute extra are missing."""
    from importlib.util import find_spec

    for package in ("torch", "safetensors", "PIL"):
        if find_spec(package) is None:
            raise SummitGraphError(f"this needs {package}: pip install 'summit-graph[compute]'")


def tell_input(weights: Weights) -> None:
    """Say how the model's input is made, and what about it is assumed."""
    say(f"Input of {weights.name}: {weights.input}.")
    if weights.assumed:
        say(f"Warning: {weights.assumed}.")


def read_weights_with(source: str, bar: ProgressBar, *, transform_input: bool | None = None) -> Weights:
    """The weights that ``--weights`` names; a download shows on the bar."""
    from summit_graph.model.weights import read_weights

    bar.show(description=f"reading weights {source}")
    return read_weights(
        source,
        transform_input=transform_input,
        on_progress=lambda done, total: bar.show(done=done, total=total),
    )


def example_folder(run: Run, owner: ExampleOwner, *, out: Path | None = None) -> ExampleFolder:
    """Where the examples that a run gathers are kept: with the model's pictures, unless told otherwise."""
    from summit_graph.pictures.index import picture_folder
    from summit_graph.rendering.examples import ExampleFolder

    weights = run.counting.job.weights
    return ExampleFolder(out or picture_folder(weights.model_key), weights, owner)


def keep_largest(run: Run, examples: ExampleFolder, class_name: str) -> None:
    """Keep the largest activations of the class that the run has just yielded."""
    if run.counting.top_images:
        examples.keep(run.counting.dataset, class_name, run.counting.top_images)


def write_examples(run: Run, examples: ExampleFolder, bar: ProgressBar, *, thumbnails: bool) -> int:
    """Write what was kept, cutting patches on the bar; returns how many channels have an example."""

    def show(done: int, total: int) -> None:
        bar.show(description="cutting patches", done=done, total=total)

    return examples.write(run.counting.dataset, thumbnails=thumbnails, on_cut=show)


def _check_excluded(parameters: Parameters, weights: Weights) -> None:
    widths = {layer.name: layer.channels for layer in weights.layers}
    for channel in parameters.excluded:
        if channel.index >= widths[channel.layer]:
            raise UsageError(f"--exclude {channel}: {channel.layer} has {widths[channel.layer]} channels")


#: Held in a work folder while a run uses it.
LOCK = "lock"


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """One run at a time in a work folder."""
    from summit_graph.system.file_lock import alone
    from summit_graph.system.own_folders import make_own_folder

    make_own_folder(work, known_by=LOCK)
    with alone(work / LOCK, otherwise=f"another process is counting into {work.parent}: wait for it"):
        yield
