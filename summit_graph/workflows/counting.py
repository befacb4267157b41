"""Counts images with a model, for the commands and for Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from summit_graph.counts.baseline_files import BASELINES
from summit_graph.errors import INSTALL_COMPUTE, SummitGraphError
from summit_graph.records import Match, Parameters
from summit_graph.system.file_lock import exclusive_lock
from summit_graph.system.own_folders import MARK, delete_own_folder, make_own_folder

if TYPE_CHECKING:
    from summit_graph.aggregate.run import ClassCounting, OnProgress
    from summit_graph.aggregate.work import Job
    from summit_graph.counts.manifest import ClassTables, Manifest
    from summit_graph.images import Dataset
    from summit_graph.images.labels import Labels, MatchedClass
    from summit_graph.model.counted import CountedModel

#: File in a work folder that is locked while a run uses the folder.
LOCK = "lock"
#: What a class of the counts is: a folder of images, or those of them with one outcome.
Split = Literal["class", "outcome"]
#: Called during a pass over the images before they are counted: what it does, images done, all images.
OnPass = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class HowCounted:
    """How images are counted.

    Attributes:
        parameters: which channels and influences count.
        match: how classes match the model's outputs.
        by: whether classes are split by outcome.
        device: auto, cpu, cuda or cuda:N.
        processes: how many work in parallel; None for one per core.
        skip_bad: whether files that do not decode are skipped.
    """

    parameters: Parameters = field(default_factory=Parameters)
    match: Match = "auto"
    by: Split = "class"
    device: str = "auto"
    processes: int | None = None
    skip_bad: bool = False


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


def start_counting(
    dataset: Dataset,
    model: CountedModel,
    labels: Labels,
    how: HowCounted,
    work: Path,
    *,
    shard: tuple[int, int] | None = None,
    counts: bool = True,
    examples: bool = False,
    on_progress: OnProgress | None = None,
    on_pass: OnPass = lambda what, done, images: None,
    kept_dirs_of: Callable[[Manifest], Sequence[Path]] = lambda manifest: (),
) -> Run:
    """A run over the images of a dataset; counting starts when its classes are iterated.

    Args:
        work: the folder for finished pieces, from which an interrupted run continues.
        shard, counts, examples: as of ``aggregate.run.Split`` and ``aggregate.work.Job``.
        kept_dirs_of: finds the folders with the sums of earlier runs.
    """
    from summit_graph.aggregate.run import Split, count_classes

    dataset = counted_images(dataset, how.parameters)
    job = _job(model, how, work, counts=counts, examples=examples)
    match: Callable[[str], MatchedClass] = partial(labels.match_class, match=how.match)
    if how.by == "outcome":
        dataset, match = _split(dataset, job, match, how, on_pass)
    manifest = _manifest_of(model, how.parameters, dataset.name)
    counting = count_classes(
        dataset,
        job,
        match_class=match,
        split=Split(processes=how.processes, shard=shard),
        on_progress=on_progress,
        on_first_pass=partial(on_pass, "averaging"),
        kept_dirs=kept_dirs_of(manifest),
    )
    skipped: list[dict[str, str]] = []
    return Run(counting, replace(manifest, skipped=skipped), skipped)


def write_counts(
    out: Path,
    dataset: Dataset,
    model: CountedModel,
    labels: Labels,
    how: HowCounted,
    *,
    on_progress: OnProgress | None = None,
    on_pass: OnPass = lambda what, done, images: None,
) -> Run:
    """Count into a folder; after an interruption, the same call continues."""
    from summit_graph.counts.writer import write_count_folder

    work = work_folder(out)
    with locked(work):
        run = start_counting(dataset, model, labels, how, work, on_progress=on_progress, on_pass=on_pass)
        write_count_folder(out, run.manifest, run.classes())
    finish_counts(run, out)
    return run


def work_folder(out: Path) -> Path:
    """Where a count folder's finished pieces are until it is complete."""
    return out / ".unfinished"


def finish_counts(run: Run, out: Path) -> None:
    """Keep the sums of a complete count folder, and delete its work folder."""
    if run.counting.first_pass:
        run.counting.first_pass.keep(out / BASELINES)
    delete_own_folder(work_folder(out))


def counted_images(dataset: Dataset, parameters: Parameters) -> Dataset:
    """The images of a dataset that are counted."""
    if parameters.split is not None:
        dataset, _ = dataset.split(parameters.split)
    limit = parameters.images_per_class
    return dataset if limit is None else dataset.first(limit)


def require_compute() -> None:
    """SummitGraphError if a package of the compute extra is missing."""
    for package in ("torch", "safetensors", "PIL"):
        if find_spec(package) is None:
            raise SummitGraphError(f"this needs {package}: {INSTALL_COMPUTE}")


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Lock a work folder; only one run may use it at a time. After an error an empty one is deleted."""
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


def _split(
    dataset: Dataset,
    job: Job,
    match: Callable[[str], MatchedClass],
    how: HowCounted,
    on_pass: OnPass,
) -> tuple[Dataset, Callable[[str], MatchedClass]]:
    """The classes split by outcome, and how they match."""
    from summit_graph.aggregate.outcomes import split_by_outcome

    on_pass("predicting", 0, len(dataset))
    show = partial(on_pass, "predicting")
    found = split_by_outcome(dataset, job, match, processes=how.processes, on_outcomes=show)
    return found.dataset, found.matched.__getitem__


def _job(model: CountedModel, how: HowCounted, work: Path, *, counts: bool, examples: bool) -> Job:
    from summit_graph.aggregate.run import select_device
    from summit_graph.aggregate.work import Job

    return Job(
        model=model,
        work_dir=work,
        parameters=how.parameters,
        device=select_device(how.device),
        skip_bad=how.skip_bad,
        counts=counts,
        examples=examples,
    )


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
