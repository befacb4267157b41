"""What is to be counted, batch by batch, whoever counts it (``workers`` or ``feeding``)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from summit_graph.aggregate.batches import BatchCounter, BatchCounts, Kernel
from summit_graph.errors import SummitGraphError
from summit_graph.images import Batch, File
from summit_graph.model.weights import Weights
from summit_graph.records import Parameters


@dataclass(frozen=True)
class Job:
    """What every batch of a run has in common; ``counts`` and ``examples`` say what is gathered."""

    root: Path
    work_dir: Path
    weights: Weights
    parameters: Parameters
    device: str
    kernel: Kernel
    skip_bad: bool
    counts: bool = True
    examples: bool = False


@dataclass(frozen=True)
class Task:
    """One batch.

    Attributes:
        files: its files.
        first: the place of the first of them in their class.
        output: their true output.
        last: whether it is the last one of its piece.
    """

    files: Sequence[File]
    first: int
    output: int | None
    last: bool

    def numbers(self, batch: Batch) -> list[int]:
        """The places in the class of the pictures that were read."""
        return [self.first + number for number in batch.numbers]


class Pending(Protocol):
    """A batch that is begun."""

    def result(self) -> BatchCounts:
        """Its counts, which together are those of its piece; waits for them."""


#: Begins a batch; results are taken in the same order.
Submit = Callable[[Task], Pending]


def counter_of(job: Job) -> BatchCounter:
    """What counts the job's batches, on its device."""
    return BatchCounter(
        job.weights,
        job.parameters,
        device=job.device,
        kernel=job.kernel,
        counts=job.counts,
        examples=job.examples,
    )


def failed(error: Exception) -> Future[BatchCounts]:
    """A batch that could not be begun, or failed at once."""
    future: Future[BatchCounts] = Future()
    future.set_exception(error)
    return future


def result_of(pending: Pending) -> BatchCounts:
    """A batch's counts; SummitGraphError with one clear sentence where its process failed or was killed."""
    try:
        return pending.result()
    except SummitGraphError:
        raise
    except BrokenProcessPool:
        raise SummitGraphError(
            "a counting process ended before its work was done (killed, or out of memory): run the command "
            "again to go on from the last finished piece, with fewer processes if memory is short"
        ) from None
    except Exception as error:
        raise SummitGraphError(f"counting failed with {type(error).__name__}: {error}") from error


def keep_freed_memory() -> None:
    """Let glibc keep freed maps for reuse: giving them back costs page faults in every forward pass."""
    trim_threshold, mmap_threshold = -1, -3
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, 1 << 30)


@contextmanager
def one_thread(device: str) -> Iterator[None]:
    """Two threads on contended cores are slower than one; a GPU has its own."""
    before = torch.get_num_threads()
    if torch.device(device).type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
