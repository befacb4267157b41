"""Count a whole dataset: class by class, in parallel, resuming where an interrupted run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from summit_graph.aggregate.batches import DEFAULT_KERNEL, BatchCounts, Kernel, choose_kernel
from summit_graph.aggregate.buffers import CellLayout
from summit_graph.aggregate.decode_elsewhere import fed_counting
from summit_graph.aggregate.pieces import (
    BATCH_IMAGES,
    Piece,
    PieceCounts,
    PieceStore,
    StoredPiece,
    plan_pieces,
)
from summit_graph.aggregate.top_images import EXAMPLES, Largest
from summit_graph.aggregate.work import Job, Pending, Submit, Task, result_of
from summit_graph.aggregate.workers import counting_processes
from summit_graph.counts.folder import ClassTables
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.images import Dataset, Skipped, readable_formats, unreadable
from summit_graph.images.labels import Labels, Match, MatchedClass
from summit_graph.model.weights import Weights
from summit_graph.records import ClassSummary, Parameters
from summit_graph.system.prefetch import in_order_ahead
from summit_graph.system.resources import usable_cores

#: Called with the images done so far, the images there are, and the files left out so far.
OnProgress = Callable[[int, int, int], None]

#: Why a class is left out.
NO_IMAGE = "the class has no readable image"


def count_classes(
    dataset: Dataset,
    weights: Weights,
    *,
    work_dir: Path,
    labels: Labels,
    match: Match = "auto",
    parameters: Parameters | None = None,
    device: str = "cpu",
    kernel: Kernel = DEFAULT_KERNEL,
    processes: int | None = None,
    fed: bool | None = None,
    skip_bad: bool = False,
    shard: tuple[int, int] | None = None,
    counts: bool = True,
    examples: bool = False,
    on_progress: OnProgress | None = None,
) -> ClassCounting:
    """Count activations and influences of every class (paper 5.1, 5.2); iterate over the result.

    Args:
        dataset: what ``images.read_dataset`` found.
        weights: what ``weights.read_weights`` read.
        work_dir: finished pieces are kept there; give the same folder again to resume, remove it when done.
        labels, match: how class folders find the model's outputs.
        parameters: how to count; the paper's by default.
        device: as ``select_device`` gives it.
        kernel: which implementation counts influences.
        processes: how many work in parallel; by default as many as there are cores.
        fed: whether they only decode, for this one that counts; by default on a GPU.
        skip_bad: leave out files that do not decode, and classes without any image, and list them.
        shard: (i, n), i from 0: count every n-th batch alone; the n results add up to the whole.
        counts: without them everything is as with them but the counts, which are 0.
        examples: in the same pass gather each channel's largest activations (``ClassCounting.largest``).
        on_progress: called after every batch.

    Raises:
        SummitGraphError: a class without files (without ``skip_bad``).
    """
    job = Job(
        root=dataset.root,
        work_dir=work_dir,
        weights=weights,
        parameters=parameters or Parameters(),
        device=device,
        kernel=kernel,
        skip_bad=skip_bad,
        counts=counts,
        examples=examples,
    )
    pieces = plan_pieces(dataset, batch_images=BATCH_IMAGES[torch.device(device).type], shard=shard)
    for name, files in dataset.classes.items():
        if not files and not skip_bad:
            raise _without_image(dataset, name)
    layout = CellLayout.of(weights)
    return ClassCounting(
        job=job,
        dataset=dataset,
        pieces=pieces,
        matched={name: labels.match_class(name, match=match) for name in dataset.classes},
        layout=layout,
        store=PieceStore(work_dir, _identity(job), cells=layout.size, examples=job.examples),
        processes=_number_of_processes(processes, pieces),
        fed=torch.device(device).type != "cpu" if fed is None else fed,
        whole=shard is None or shard[1] == 1,
        on_progress=on_progress or (lambda done, images, skipped: None),
    )


def select_device(name: str = "auto") -> str:
    """``auto`` is the GPU where there is one, else the CPU; UsageError where a wanted GPU is missing."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(name).type
    except RuntimeError:
        kind = name
    if kind not in BATCH_IMAGES:
        raise UsageError(f"device {name!r} is not known: use auto, cpu, cuda or cuda:N")
    if kind == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"device {name!r} is not there: torch finds no CUDA GPU")
    return name


@dataclass
class ClassCounting:
    """A run over a dataset: iterating counts the classes in sorted order and yields each one's tables.

    Attributes:
        skipped: files and classes left out so far.
        largest: with examples, the largest activations in the class that was yielded last, files by their
            places in the class.
    """

    job: Job
    dataset: Dataset
    pieces: dict[str, list[Piece]]
    matched: dict[str, MatchedClass]
    layout: CellLayout
    store: PieceStore
    processes: int
    fed: bool
    whole: bool
    on_progress: OnProgress
    skipped: list[Skipped] = field(default_factory=list)
    done: int = 0
    largest: Largest | None = None

    @cached_property
    def images(self) -> int:
        """How many files there are to count, those of finished pieces included."""
        return sum(piece.images for pieces in self.pieces.values() for piece in pieces)

    @property
    def warnings(self) -> list[str]:
        """Sentences about class folders whose names fit two outputs."""
        return [one.warning for one in self.matched.values() if one.warning]

    def __iter__(self) -> Iterator[ClassTables]:
        counting = fed_counting if self.fed else counting_processes
        with counting(self.job, self.processes) as submit:
            ahead = 2 * self.processes if self.fed or self.processes > 1 else 0
            steps = in_order_ahead(self._steps(submit), ahead)
            for name, pieces in self.pieces.items():
                total = self._nothing()
                for piece in pieces:
                    total.add(self._counted(piece, steps))
                if total.accuracy.images:
                    self.largest = total.largest
                    yield self._tables(name, total)
                else:
                    self._leave_out(name)

    def _steps(self, submit: Submit) -> Iterator[_Step]:
        """Every piece in order: as it was kept, or its batches, begun."""
        for name, pieces in self.pieces.items():
            output = self.matched[name].output
            for piece in pieces:
                path = self.store.path_of(piece, self.dataset, output)
                stored = self.store.read(path)
                if stored:
                    yield _Step(path, stored)
                else:
                    for places in piece.batches:
                        files = self.dataset.files(name, places)
                        last = places == piece.batches[-1]
                        yield _Step(path, submit(Task(files, places.start, output, last)))

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
        """Of no image yet."""
        channels = sum(layer.channels for layer in self.layout.layers)
        largest = Largest.none(channels) if self.job.examples else None
        return PieceCounts(np.zeros(self.layout.size, np.int32), largest=largest)

    def _resumed(self, piece: Piece, stored: StoredPiece) -> PieceCounts:
        if stored.skipped and not self.job.skip_bad:
            raise unreadable(self.job.root, stored.skipped[0])
        self._advance(piece.images, stored.skipped)
        return stored.to_counts()

    def _advance(self, files: int, skipped: list[Skipped]) -> None:
        self.done += files
        self.skipped += skipped
        self.on_progress(self.done, self.images, len(self.skipped))

    def _leave_out(self, name: str) -> None:
        """A class without an image; a shard that has none of its batches cannot tell."""
        if self.whole:
            if not self.job.skip_bad:
                raise _without_image(self.dataset, name)
            self.skipped.append(Skipped(name, NO_IMAGE))

    def _tables(self, name: str, total: PieceCounts) -> ClassTables:
        return ClassTables(self._summary(name, total), *self.layout.to_tables(total.cells))

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
        )


@dataclass(frozen=True)
class _Step:
    """A piece that was kept, or one batch of a piece that is being counted; ``path`` is the piece's file."""

    path: Path
    counts: StoredPiece | Pending

    def result(self) -> BatchCounts:
        assert not isinstance(self.counts, StoredPiece)
        return result_of(self.counts)


def _identity(job: Job) -> dict[str, object]:
    """What a piece's counts depend on besides its images."""
    gathered = {"counts": job.counts, "examples": EXAMPLES} if job.examples else {}
    return {
        "weights": job.weights.model_key,
        "family": job.weights.family,
        "parameters": job.parameters.to_json(),
        "device": torch.device(job.device).type,
        "kernel": choose_kernel(job.kernel, job.device),
        "formats": readable_formats(),
        **gathered,
    }


def _number_of_processes(wanted: int | None, pieces: dict[str, list[Piece]]) -> int:
    batches = sum(len(piece.batches) for of_class in pieces.values() for piece in of_class)
    return max(1, min(wanted or usable_cores(), batches))


def _without_image(dataset: Dataset, name: str) -> SummitGraphError:
    return SummitGraphError(
        f"class {name} has no readable image in {dataset.name}: remove it, or leave it out with --skip-bad"
    )
