"""The work of a counting process: what to count (``Job``), one batch of it (``Task``), its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from summit_graph.aggregate.baselines import ValueAdder, baseline_adder
from summit_graph.aggregate.batches import DEFAULT_KERNEL, BatchCounter, BatchCounts, Kernel
from summit_graph.aggregate.relevance import RelevanceCounter
from summit_graph.errors import SummitGraphError
from summit_graph.images import Batch, File, Skipped
from summit_graph.model.counted import CountedModel
from summit_graph.records import Parameters
from summit_graph.system.operating_system import c_library

T = TypeVar("T")

#: Starts a task and returns a function that waits for its counts. Results must be taken in order.
Submit = Callable[["Task | ValuesTask"], Callable[[], BatchCounts]]


@dataclass(frozen=True)
class Job:
    """What all batches of a run have in common.

    Attributes:
        model: what ``counted_model`` returned.
        work_dir: folder for finished pieces; use the same folder to resume, delete it when the run is done.
        parameters: how to count; the paper's by default.
        device: what ``select_device`` returned.
        kernel: implementation that counts influences.
        skip_bad: skip and list files that do not decode, and classes without any image.
        counts: count activations and influences; without it all counts are 0.
        examples: collect each channel's largest activations in the same pass.
    """

    model: CountedModel
    work_dir: Path
    parameters: Parameters = field(default_factory=Parameters)
    device: str = "cpu"
    kernel: Kernel = DEFAULT_KERNEL
    skip_bad: bool = False
    counts: bool = True
    examples: bool = False

    @property
    def by_relevance(self) -> bool:
        """Whether relevance is counted; the examples alone are chosen by activation."""
        return self.counts and self.parameters.by_relevance

    @property
    def needs_baseline(self) -> bool:
        """Whether relevance is counted from the mean over images of other classes."""
        return self.by_relevance and self.parameters.baseline == "mean"

    def batch_counter(self) -> BatchCounter:
        """A counter for this job on its device."""
        if self.by_relevance:
            return RelevanceCounter(self.model, self.parameters, device=self.device, examples=self.examples)
        return BatchCounter(
            self.model,
            self.parameters,
            device=self.device,
            kernel=self.kernel,
            counts=self.counts,
            examples=self.examples,
        )

    def value_adder(self) -> ValueAdder:
        """Adds up the values that relevance is counted from."""
        return baseline_adder(self.model, device=self.device)


@dataclass(frozen=True)
class Task:
    """One batch.

    Attributes:
        root: the dataset's root folder.
        files: the batch's files.
        first: index of the first file within its class.
        output: true output of the class, or None.
        last: whether this is the last batch of its piece.
        baseline: file of the mean maps that relevance is counted from.
    """

    root: Path
    files: Sequence[File]
    first: int
    output: int | None
    last: bool
    baseline: Path | None = None

    def numbers(self, batch: Batch) -> list[int]:
        """Index within the class of each decoded picture."""
        return [self.first + number for number in batch.numbers]


@dataclass(frozen=True)
class ValuesTask:
    """Images whose values are added up, for the baseline of relevance.

    Attributes:
        root: the dataset's root folder.
        batches: the files of each batch.
        path: the file that the sums are written to.
    """

    root: Path
    batches: Sequence[Sequence[File]]
    path: Path


def add_values(adder: ValueAdder, batches: Iterable[Batch], path: Path) -> BatchCounts:
    """Write the sums of the values of some images; returns the skipped files, and counts of 0."""
    skipped: list[Skipped] = []
    for batch in batches:
        adder.add(batch.pixels)
        skipped += batch.skipped
    adder.read().write(path)
    return replace(BatchCounts.nothing(), skipped=tuple(skipped))


def begin(
    pool: ProcessPoolExecutor, function: Callable[..., T], *args: Any, **options: Any
) -> Callable[[], T]:
    """Run a function in a pool; returns a function that waits for its result.

    If the pool is broken, the error is raised when the result is taken: earlier batches are finished first.
    """
    try:
        return pool.submit(function, *args, **options).result
    except BrokenProcessPool as broken:
        error = broken

    def fail() -> T:
        raise error

    return fail


def wait_for(result: Callable[[], T]) -> T:
    """A batch's result.

    Raises:
        SummitGraphError: counting failed, or the process that counted was killed.
    """
    try:
        return result()
    except SummitGraphError:
        raise
    except BrokenProcessPool:
        raise SummitGraphError(
            "a counting process ended before its work was done (killed, or out of memory): run the command "
            "again to continue after the last finished piece, with fewer processes if memory is short"
        ) from None
    except Exception as error:
        raise SummitGraphError(f"counting failed with {type(error).__name__}: {error}") from error


def keep_freed_memory() -> None:
    """Let glibc keep freed maps for reuse: returning them causes page faults in every forward pass."""
    _set_thresholds(1 << 30)


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Keep it within the block, and return it at the end."""
    keep_freed_memory()
    try:
        yield
    finally:
        _set_thresholds(32 << 20)  # the largest that glibc chooses by itself
        if hasattr(_LIBC, "malloc_trim"):
            _LIBC.malloc_trim(0)


_LIBC = c_library()


def _set_thresholds(size: int) -> None:
    """From which size on glibc maps memory of its own, and returns what is free at the heap's end."""
    trim_threshold, mmap_threshold = -1, -3
    if hasattr(_LIBC, "mallopt"):
        _LIBC.mallopt(mmap_threshold, size)
        _LIBC.mallopt(trim_threshold, size)


@contextmanager
def one_thread(device: str) -> Iterator[None]:
    """Use one CPU thread: two on busy cores are slower. A GPU needs no limit."""
    before = torch.get_num_threads()
    if torch.device(device).type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
