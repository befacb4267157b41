"""Counting runs: start one from its options, show its progress, gather its examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from summit_graph.cli.console import SKIPPED, ProgressBar, say
from summit_graph.counts.baseline_files import BASELINES
from summit_graph.defaults import NAMED_WEIGHTS
from summit_graph.errors import UsageError
from summit_graph.workflows.counting import Run, require_compute, start_counting

if TYPE_CHECKING:
    from summit_graph.aggregate.run import ClassCounting, OnProgress
    from summit_graph.aggregate.torchrun import Ranks
    from summit_graph.cli.counting_options import ComputeOptions, CountingOptions
    from summit_graph.counts.manifest import Manifest
    from summit_graph.images import Dataset
    from summit_graph.model.counted import CountedModel
    from summit_graph.pictures.index import ExampleOwner
    from summit_graph.records import Parameters
    from summit_graph.rendering.examples import ExampleFolder
    from summit_graph.system.progress import ProgressFile


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
    from summit_graph.images.labels import read_labels
    from summit_graph.system.progress import ProgressFile

    dataset = _read_images(options)
    model = read_model(options, bar, options.parameters)
    run = start_counting(
        dataset,
        model,
        read_labels(options.labels, outputs=model.outputs, names=model.categories),
        options.how,
        work,
        shard=shard,
        counts=counts,
        examples=examples,
        on_progress=_progress_on(bar, ProgressFile(work, dataset.name), ranks),
        on_pass=partial(_show_pass, bar),
        kept_dirs_of=kept_dirs_of,
    )
    _announce(run.counting, bar, ranks, assumed=_assumed_labels(options, model))
    return run


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


def _assumed_labels(options: CountingOptions, model: CountedModel) -> list[str]:
    """A message if ImageNet's output names are assumed: no weights file contains them."""
    from summit_graph.images.labels import IMAGENET_OUTPUTS

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

    return read_dataset(find_images(options.images, on_message=say), only=options.class_ or None)


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


def report_skipped(skipped: Sequence[Mapping[str, str]]) -> None:
    """List skipped files by file and reason; exit with code 3 if there are any."""
    for entry in skipped:
        say(f"Skipped {entry['file']}: {entry['reason']}")
    if skipped:
        raise typer.Exit(SKIPPED)


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
