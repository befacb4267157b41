"""Count a whole dataset: class by class, in parallel, resuming an interrupted run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from summit_graph.aggregate.batches import BatchCounts, choose_kernel
from summit_graph.aggregate.cells import CellLayout
from summit_graph.aggregate.decode_elsewhere import decoding_processes
from summit_graph.aggregate.first_pass import BaselineFile, FirstPass
from summit_graph.aggregate.gradients import check_outputs
from summit_graph.aggregate.pieces import (
    BATCH_IMAGES,
    Piece,
    PieceCounts,
    PieceStore,
    StoredPiece,
    plan_pieces,
)
from summit_graph.aggregate.top_images import TopImages
from summit_graph.aggregate.work import Job, Submit, Task, wait_for
from summit_graph.aggregate.workers import counting_processes
from summit_graph.counts.manifest import ClassTables
from summit_graph.defaults import EXAMPLES
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.images import Dataset, Skipped, readable_formats, unreadable
from summit_graph.images.labels import MatchedClass
from summit_graph.records import ClassSummary
from summit_graph.system.prefetch import prefetch
from summit_graph.system.resources import usable_cores

#: Called with the number of images done, of all images, and of skipped files.
OnProgress = Callable[[int, int, int], None]
#: Called with the number of images done, and of all images.
OnFirstPass = Callable[[int, int], None]

#: Why a class is skipped.
NO_IMAGE = "the class has no readable image"


@dataclass(frozen=True)
class Split:
    """How a run is divided; no choice changes the counts.

    Attributes:
        processes: how many work in parallel; None for one per core.
        decode_only: the processes only decode, and this one counts; None for: only with a GPU.
        shard: (i, n), i from 0: count every n-th batch only; the n results add up to the whole.
    """

    processes: int | None = None
    decode_only: bool | None = None
    shard: tuple[int, int] | None = None


def count_classes(
    dataset: Dataset,
    job: Job,
    *,
    match_class: Callable[[str], MatchedClass],
    split: Split | None = None,
    on_progress: OnProgress | None = None,
    on_first_pass: OnFirstPass | None = None,
    kept_dirs: Sequence[Path] = (),
) -> ClassCounting:
    """Count activations and influences of every class (paper 5.1, 5.2); iterate over the result.

    Args:
        dataset: what ``images.read_dataset`` returned.
        job: what to count, and with which model.
        match_class: finds the model's output for a class name, such as ``Labels.match_class``.
        split: processes and shard.
        on_progress: called after every batch.
        on_first_pass: called during the first pass over the images, which relevance needs for its baseline.
        kept_dirs: the folders with the sums of earlier runs, for the baseline.

    Raises:
        SummitGraphError: a class without files (unless ``job.skip_bad``).
        UsageError: relevance against the mean over other classes, and there is only one class.
        ModelError: relevance of a model with one output.
    """
    if job.by_relevance:
        check_outputs(job.model)
    split = split or Split()
    kind = torch.device(job.device).type
    pieces = plan_pieces(dataset, batch_images=BATCH_IMAGES[kind], shard=split.shard)
    for name, files in dataset.classes.items():
        if not files and not job.skip_bad:
            raise _without_image(dataset, name)
    layout = CellLayout(job.model)
    matched = {name: match_class(name) for name in dataset.classes}
    first_pass = None
    if job.needs_baseline:
        first_pass = _first_pass(dataset, job, matched, split.shard, kept_dirs)
        first_pass.check()
    return ClassCounting(
        job=job,
        dataset=dataset,
        pieces=pieces,
        matched=matched,
        layout=layout,
        store=PieceStore(job.work_dir, _identity(job), cells=layout.size, examples=job.examples),
        processes=_number_of_processes(split.processes, pieces),
        decode_only=kind != "cpu" if split.decode_only is None else split.decode_only,
        whole=split.shard is None or split.shard[1] == 1,
        on_progress=on_progress or (lambda done, images, skipped: None),
        first_pass=first_pass,
        on_first_pass=on_first_pass or (lambda done, images: None),
    )


def _first_pass(
    dataset: Dataset,
    job: Job,
    matched: Mapping[str, MatchedClass],
    shard: tuple[int, int] | None,
    kept_dirs: Sequence[Path],
) -> FirstPass:
    """Over all images: a shard averages those of the other shards too."""
    number = shard[1] if shard else 1
    batch_images = BATCH_IMAGES[torch.device(job.device).type]
    parts = [plan_pieces(dataset, batch_images=batch_images, shard=(at, number)) for at in range(number)]
    pieces = {name: [*chain(*(part[name] for part in parts))] for name in parts[0]}
    folders = {name: matched[name].base or name for name in pieces}
    return FirstPass(job, dataset, pieces, folders, kept_dirs)


def select_device(name: str = "auto") -> str:
    """``auto`` is the GPU if there is one, else the CPU.

    Raises:
        UsageError: the device is unknown, or there is no such GPU.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in BATCH_IMAGES:
        raise UsageError(f"unknown device {name!r}: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= (found := torch.cuda.device_count()):
        raise UsageError(f"no device {name!r}: torch finds {found or 'no'} CUDA GPU{'s' * (found > 1)}")
    return name


@dataclass
class ClassCounting:
    """A run over a dataset: iterating counts the classes in sorted order and yields each one's tables.

    Attributes:
        skipped: files and classes skipped so far.
        top_images: with examples, the largest activations in the class that was yielded last; files are
            numbered by their index in the class.
    """

    job: Job
    dataset: Dataset
    pieces: Mapping[str, list[Piece]]
    matched: Mapping[str, MatchedClass]
    layout: CellLayout
    store: PieceStore
    processes: int
    decode_only: bool
    whole: bool
    on_progress: OnProgress
    first_pass: FirstPass | None
    on_first_pass: OnFirstPass
    skipped: list[Skipped] = field(default_factory=list)
    done: int = 0
    top_images: TopImages | None = None

    @cached_property
    def images(self) -> int:
        """Number of files to count, those of finished pieces included."""
        return sum(piece.images for pieces in self.pieces.values() for piece in pieces)

    @property
    def warnings(self) -> list[str]:
        """Warnings about class names that match two outputs."""
        return [one.warning for one in self.matched.values() if one.warning]

    def __iter__(self) -> Iterator[ClassTables]:
        parallel = decoding_processes if self.decode_only else counting_processes
        with parallel(self.job, self.processes) as submit:
            self._run_first_pass(submit)
            ahead = 2 * self.processes if self.decode_only or self.processes > 1 else 0
            steps = prefetch(self._steps(submit), ahead)
            for name, pieces in self.pieces.items():
                total = self._nothing()
                for piece in pieces:
                    total.add(self._counted(piece, steps))
                if self.first_pass:
                    self.first_pass.forget_baseline(name)
                if total.accuracy.images:
                    self.top_images = total.top_images
                    yield self._tables(name, total)
                else:
                    self._skip_class(name)

    def _run_first_pass(self, submit: Submit) -> None:
        if self.first_pass is None:
            return
        done, images = 0, len(self.dataset)

        def show(of_piece: int) -> None:
            nonlocal done
            done += of_piece
            self.on_first_pass(done, images)

        # Pixels of all the pieces that are started are in this process's memory if others decode.
        ahead = 1 if self.decode_only else 2 * self.processes
        self.first_pass.add_values(submit, show, ahead=ahead)

    def _steps(self, submit: Submit) -> Iterator[_Step]:
        """All pieces in order: a stored piece as it is, another one as its batches, already started."""
        for name, pieces in self.pieces.items():
            output = self.matched[name].output
            baseline = self.first_pass.baseline_of(name) if self.first_pass else BaselineFile()
            for piece in pieces:
                path = self.store.path_of(piece, self.dataset, output, baseline.digest)
                stored = self.store.read(path)
                if stored:
                    yield _Step(path, stored)
                else:
                    for task in self._tasks(piece, output, baseline.path):
                        yield _Step(path, submit(task))

    def _tasks(self, piece: Piece, output: int | None, baseline: Path | None) -> Iterator[Task]:
        for places in piece.batches:
            files = self.dataset.files(piece.class_name, places)
            last = places == piece.batches[-1]
            yield Task(self.dataset.root, files, places.start, output, last=last, baseline=baseline)

    def _counted(self, piece: Piece, steps: Iterator[_Step]) -> PieceCounts:
        step = next(steps)
        if isinstance(step.counts, StoredPiece):
            return self._resumed(piece, step.counts)
        counts = self._nothing()
        for at, places in enumerate(piece.batches):
            if at:
                step = next(steps)
            batch = step.result()
            counts.add(batch)
            self._advance(len(places), list(batch.skipped))
        self.store.write(step.path, counts)
        return counts

    def _nothing(self) -> PieceCounts:
        """The counts of no image."""
        channels = sum(layer.channels for layer in self.layout.layers)
        top_images = TopImages.none(channels) if self.job.examples else None
        return PieceCounts(np.zeros(self.layout.size, np.int32), top_images=top_images)

    def _resumed(self, piece: Piece, stored: StoredPiece) -> PieceCounts:
        if stored.skipped and not self.job.skip_bad:
            raise unreadable(self.dataset.root, stored.skipped[0])
        self._advance(piece.images, stored.skipped)
        return stored.to_counts()

    def _advance(self, files: int, skipped: list[Skipped]) -> None:
        self.done += files
        self.skipped += skipped
        self.on_progress(self.done, self.images, len(self.skipped))

    def _skip_class(self, name: str) -> None:
        """Skip a class without an image. In a shard, the class's batches may all be in other shards."""
        if self.whole:
            if not self.job.skip_bad:
                raise _without_image(self.dataset, name)
            self.skipped.append(Skipped(name, NO_IMAGE))

    def _tables(self, name: str, total: PieceCounts) -> ClassTables:
        activations, hops, outputs = self.layout.to_tables(total.cells)
        relevance = None if total.relevance is None else self.layout.relevance_table(total.relevance)
        summary = self._summary(name, total)
        return ClassTables(summary, activations, hops, outputs=outputs, relevance=relevance)

    def _summary(self, name: str, total: PieceCounts) -> ClassSummary:
        matched, accuracy = self.matched[name], total.accuracy
        known = matched.output is not None
        return ClassSummary(
            name=name,
            output=matched.output,
            title=matched.title,
            images=accuracy.images,
            top1=accuracy.top1 if known else None,
            top5=accuracy.top5 if known else None,
            histogram=tuple(accuracy.histogram.tolist()) if known else None,
            base=matched.base,
            outcome=matched.outcome,
        )


@dataclass(frozen=True)
class _Step:
    """A stored piece, or one batch of a piece that is being counted; ``path`` is the piece's file."""

    path: Path
    counts: StoredPiece | Callable[[], BatchCounts]

    def result(self) -> BatchCounts:
        assert not isinstance(self.counts, StoredPiece)
        return wait_for(self.counts)


def _identity(job: Job) -> dict[str, object]:
    """Everything except its images that a piece's counts depend on."""
    collected = {"counts": job.counts, "examples": EXAMPLES} if job.examples else {}
    sums = {"sums": "relevance"} if job.by_relevance else {}
    return {
        "model": job.model.model_key,
        "stops": [asdict(stop) for stop in job.model.stops],
        "layers": [[maps.name, maps.tensor] for maps in job.model.maps],
        "program": job.model.recipe.digest,
        "parameters": job.parameters.to_json(),
        "device": torch.device(job.device).type,
        "kernel": choose_kernel(job.kernel, job.device),
        "formats": readable_formats(),
        **collected,
        **sums,
    }


def _number_of_processes(wanted: int | None, pieces: Mapping[str, list[Piece]]) -> int:
    batches = sum(len(piece.batches) for of_class in pieces.values() for piece in of_class)
    return max(1, min(wanted or usable_cores(), batches))


def _without_image(dataset: Dataset, name: str) -> SummitGraphError:
    return SummitGraphError(
        f"class {name} has no readable image in {dataset.name}: remove it, or leave it out with --skip-bad"
    )
