"""Counting runs: start one from its options, show its progress, gather its examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from summit_graph.cli.console import SKIPPED, ProgressBar, say
from summit_graph.counts.baseline_files import BASELINES
from summit_graph.errors import INSTALL_COMPUTE, SummitGraphError, UsageError

if TYPE_CHECKING:
    from summit_graph.aggregate.run import ClassCounting, OnProgress
    from summit_graph.aggregate.torchrun import Ranks
    from summit_graph.aggregate.work import Job
    from summit_graph.cli.counting_options import ComputeOptions, CountingOptions
    from summit_graph.counts.manifest import ClassTables, Manifest
    from summit_graph.images import Dataset
    from summit_graph.images.labels import MatchedClass
    from summit_graph.model.counted import CountedModel
    from summit_graph.pictures.index import ExampleOwner
    from summit_graph.records import Parameters
    from summit_graph.rendering.examples import ExampleFolder
    from summit_graph.system.progress import ProgressFile

#: File in a work folder that is locked while a run uses the folder.
LOCK = "lock"


@dataclass(frozen=True)
class Run:
    """A counting run: the classes to count, the manifest, and the skipped files so far."""

    counting: ClassCounting
    manifest: Manifest
    skipped: list[dict[str, str]]

    def classes(self) -> Iterator[ClassTables]:
        """Count class by class; the manifest's list of skipped files is complete at the end."""
        yield from self.counting
        self.skipped.extend(entry.to_json() for entry in self.counting.skipped)

    def report_skipped(self) -> None:
        """List the skipped files; exit with code 3 if there are any."""
        report_skipped(self.skipped)


def start_run(
    options: CountingOptions,
    work: Path,
    bar: ProgressBar,
    *,
    shard: tuple[int, int] | None = None,
    ranks: Ranks | None = None,
    counts: bool = True,
    examples: bool = False,
    kept_dirs_of: Callable[[Manifest], Sequence[Path]] = lambda manifest: (),
) -> Run:
    """Read dataset, weights and labels; counting starts when the run is iterated.

    Args:
        counts, examples: what is gathered (``aggregate.work.Job``).
        kept_dirs_of: finds the folders with the sums of earlier runs.
    """
    require_compute()
    from summit_graph.aggregate.run import Split, count_classes
    from summit_graph.images.labels import read_labels
    from summit_graph.system.progress import ProgressFile

    parameters = options.parameters
    dataset = _read_images(options)
    model = read_model(options, bar, parameters)
    labels = read_labels(options.labels, outputs=model.outputs, names=model.categories)
    job = _job(options, model, work, counts=counts, examples=examples)
    match: Callable[[str], MatchedClass] = partial(labels.match_class, match=options.match)
    if options.by == "outcome":
        dataset, match = _split(dataset, job, match, options, bar)
    manifest = _manifest_of(model, parameters, dataset.name)
    counting = count_classes(
        dataset,
        job,
        match_class=match,
        split=Split(processes=options.processes, shard=shard),
        on_progress=_progress_on(bar, ProgressFile(work, dataset.name), ranks),
        on_first_pass=partial(_show_pass, bar, "averaging"),
        kept_dirs=kept_dirs_of(manifest),
    )
    _announce(counting, bar, ranks, assumed=_assumed_labels(options, model))
    skipped: list[dict[str, str]] = []
    return Run(counting, replace(manifest, skipped=skipped), skipped)


def start_run_from(baseline_of: Sequence[Path], *what: Any, **options: Any) -> Run:
    """``start_run`` with the baseline going on from the sums of count folders.

    Raises:
        UsageError: they have none that the run can go on from, or it needs none.
    """
    run = start_run(*what, kept_dirs_of=lambda manifest: [one / BASELINES for one in baseline_of], **options)
    first_pass = run.counting.first_pass
    if baseline_of and not first_pass:
        raise UsageError("--baseline-of needs --measure relevance or against, and --baseline mean")
    if first_pass and baseline_of and not first_pass.kept.names:
        names = ", ".join(map(str, baseline_of))
        raise UsageError(
            f"--baseline-of {names} has no sums of this model over other classes than the counted ones: "
            "name a folder of aggregate --measure relevance (or against) with --baseline mean"
        )
    return run


def _split(
    dataset: Dataset,
    job: Job,
    match: Callable[[str], MatchedClass],
    options: CountingOptions,
    bar: ProgressBar,
) -> tuple[Dataset, Callable[[str], MatchedClass]]:
    """The classes split by outcome, and how they match."""
    from summit_graph.aggregate.outcomes import split_by_outcome

    bar.show(description="predicting", done=0, total=len(dataset))
    show = partial(_show_pass, bar, "predicting")
    found = split_by_outcome(dataset, job, match, processes=options.processes, on_outcomes=show)
    return found.dataset, found.matched.__getitem__


def _job(options: CountingOptions, model: CountedModel, work: Path, *, counts: bool, examples: bool) -> Job:
    from summit_graph.aggregate.run import select_device
    from summit_graph.aggregate.work import Job

    return Job(
        model=model,
        work_dir=work,
        parameters=options.parameters,
        device=select_device(options.device),
        skip_bad=options.skip_bad,
        counts=counts,
        examples=examples,
    )


def _assumed_labels(options: CountingOptions, model: CountedModel) -> list[str]:
    """A message if ImageNet's output names are assumed: no weights file contains them."""
    from summit_graph.images.labels import IMAGENET_OUTPUTS
    from summit_graph.settings import NAMED_WEIGHTS

    known = options.labels or options.match == "none" or model.categories or model.name in NAMED_WEIGHTS
    if known or model.outputs != IMAGENET_OUTPUTS:
        return []
    return [
        f"Assuming that the {IMAGENET_OUTPUTS} outputs of {model.name} are ImageNet's classes; "
        "if not, give --labels."
    ]


def _announce(
    counting: ClassCounting, bar: ProgressBar, ranks: Ranks | None, *, assumed: Sequence[str]
) -> None:
    """Print what is assumed and warn, on the first rank only; set the bar to the images of all ranks."""
    if ranks is None or ranks.rank == 0:
        report_input(counting.job.model)
        warnings = (f"Warning: {warning}" for warning in counting.warnings)
        for text in (*assumed, *counting.dataset.notes, *warnings):
            say(text)
    images = counting.images if ranks is None else len(counting.dataset)
    bar.show(description="counting", done=0, total=images)


def _read_images(options: CountingOptions) -> Dataset:
    from summit_graph.images import read_dataset
    from summit_graph.images.downloads import find_images

    dataset = read_dataset(find_images(options.images, on_message=say), only=options.class_ or None)
    return counted_images(dataset, options.parameters)


def counted_images(dataset: Dataset, parameters: Parameters) -> Dataset:
    """The images of a dataset that are counted."""
    if parameters.split is not None:
        dataset, _ = dataset.split(parameters.split)
    limit = parameters.images_per_class
    return dataset if limit is None else dataset.first(limit)


def _progress_on(bar: ProgressBar, file: ProgressFile, ranks: Ranks | None) -> OnProgress:
    """Show the progress of this process, or of all ranks together; also write it to the file."""

    def show(done: int, total: int, skipped: int) -> None:
        file.write(done, total)
        show_progress(bar, *((done, skipped) if ranks is None else ranks.share_progress(done, skipped)))

    return show


def _show_pass(bar: ProgressBar, what: str, done: int, images: int) -> None:
    """Show a pass over the images before they are counted."""
    description = what if done < images else "counting"
    bar.show(description=description, done=done if done < images else 0, total=images)


def show_progress(bar: ProgressBar, done: int, skipped: int) -> None:
    """Show the number of images that are done, and of those that were skipped."""
    bar.show(done=done, note=f"{skipped} skipped" if skipped else "")


def _manifest_of(model: CountedModel, parameters: Parameters, dataset: str) -> Manifest:
    from summit_graph.counts.manifest import Manifest

    return Manifest(
        model=model.name,
        weights_sha256=model.sha256,
        parameters=parameters,
        layers=model.layers,
        stops=model.stops,
        dataset=dataset,
        input=model.input,
        weights=model.weights,
    )


def report_skipped(skipped: Sequence[Mapping[str, str]]) -> None:
    """List skipped files by file and reason; exit with code 3 if there are any."""
    for entry in skipped:
        say(f"Skipped {entry['file']}: {entry['reason']}")
    if skipped:
        raise typer.Exit(SKIPPED)


def require_compute() -> None:
    """SummitGraphError if a package of the compute extra is missing."""
    from importlib.util import find_spec

    for package in ("torch", "safetensors", "PIL"):
        if find_spec(package) is None:
            raise SummitGraphError(f"this needs {package}: {INSTALL_COMPUTE}")


def report_input(model: CountedModel) -> None:
    """Print the model's input rule, and a warning if part of it is assumed."""
    say(f"Input of {model.name}: {model.input}.")
    if model.assumed:
        say(f"Warning: {model.assumed}.")


def read_model(
    options: ComputeOptions, bar: ProgressBar, parameters: Parameters | None = None
) -> CountedModel:
    """Read the model given by the options; the bar shows a download."""
    return read_models(options, bar, parameters)[0]


def read_models(
    options: ComputeOptions, bar: ProgressBar, *parameters: Parameters | None
) -> list[CountedModel]:
    """Read the model once, as it is counted with each of the parameters."""
    name = options.model if options.weights is None else f"{options.model} ({options.weights})"
    bar.show(description=f"reading model {name}")
    return options.read_counted(*parameters, on_progress=lambda done, total: bar.show(done=done, total=total))


def example_folder(run: Run, owner: ExampleOwner, *, out: Path | None = None) -> ExampleFolder:
    """The folder for the examples of a run: ``out``, or by default the folder of the model's pictures."""
    from summit_graph.pictures.index import make_picture_folder
    from summit_graph.rendering.examples import ExampleFolder

    model = run.counting.job.model
    return ExampleFolder(out or make_picture_folder(model.model_key), model, owner)


def keep_largest(run: Run, examples: ExampleFolder, class_name: str) -> None:
    """Keep the largest activations of the class that the run has just yielded."""
    if run.counting.top_images:
        examples.keep(run.counting.dataset, class_name, run.counting.top_images)


def write_examples(run: Run, examples: ExampleFolder, bar: ProgressBar, *, thumbnails: bool) -> int:
    """Write the kept examples and cut their patches; returns the number of channels with an example."""

    def show(done: int, total: int) -> None:
        bar.show(description="cutting patches", done=done, total=total)

    return examples.write(run.counting.dataset, thumbnails=thumbnails, on_cut=show)


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Lock a work folder; only one run may use it at a time. After an error an empty one is deleted."""
    from summit_graph.system.file_lock import exclusive_lock
    from summit_graph.system.own_folders import MARK, delete_own_folder, make_own_folder

    made = [folder for folder in (work, *work.parents) if not folder.exists()]
    make_own_folder(work, known_by=LOCK)
    with exclusive_lock(
        work / LOCK, otherwise=f"another process is counting into {work.parent}: wait for it"
    ):
        try:
            yield
        except BaseException:
            if made and {entry.name for entry in work.iterdir()} <= {LOCK, MARK}:
                delete_own_folder(work)
                with suppress(OSError):  # another program's files are in it by now
                    for folder in made[1:]:
                        folder.rmdir()
            raise
