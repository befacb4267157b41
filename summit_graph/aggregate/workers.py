"""Processes of one thread each that count batches, and a clean end whatever happens to them.

Two threads on contended cores are slower than one, so parallelism is by processes. They are spawned, not
forked (torch's threads do not survive a fork), ignore Ctrl-C (the parent stops them), and end with the
parent, also when it is killed.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from summit_graph.aggregate.batches import BatchCounter, BatchCounts, Kernel
from summit_graph.errors import SummitGraphError
from summit_graph.images import File, read_batch
from summit_graph.model.weights import Weights
from summit_graph.records import Parameters

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """What every batch of a run has in common."""

    root: Path
    work_dir: Path
    weights: Weights
    parameters: Parameters
    device: str
    kernel: Kernel
    skip_bad: bool
    counts: bool = True
    examples: bool = False


#: Starts counting some files, whose true output is given, and returns a future of their counts.
Submit = Callable[[Sequence[File], int | None], "Future[BatchCounts]"]


@contextmanager
def counting_processes(job: Job, number: int) -> Iterator[Submit]:
    """A function that counts batches in ``number`` processes; with 1, here and now."""
    _keep_freed_memory()
    if number == 1:
        with _one_thread():
            yield _counting_here(job)
        return
    executor = ProcessPoolExecutor(
        number, multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=_portable(job)
    )
    try:
        with _interrupts_held_back():  # workers inherit that
            for _ in range(number):
                executor.submit(os.getpid)
        yield partial(_submit, executor)
    finally:
        executor.shutdown(cancel_futures=True)


def _submit(executor: ProcessPoolExecutor, files: Sequence[File], output: int | None) -> Future[BatchCounts]:
    """Begin a batch; that no process is left to do it shows when its result is wanted."""
    try:
        return executor.submit(_count_files, files, output)
    except BrokenProcessPool as error:
        return _failed(error)


def _failed(error: Exception) -> Future[BatchCounts]:
    future: Future[BatchCounts] = Future()
    future.set_exception(error)
    return future


def result_of(future: Future[BatchCounts]) -> BatchCounts:
    """A batch's counts; SummitGraphError with one clear sentence where its process failed or was killed."""
    try:
        return future.result()
    except SummitGraphError:
        raise
    except BrokenProcessPool:
        raise SummitGraphError(
            "a counting process ended before its work was done (killed, or out of memory): run the command "
            "again to go on from the last finished piece, with fewer processes if memory is short"
        ) from None
    except Exception as error:
        raise SummitGraphError(f"counting failed with {type(error).__name__}: {error}") from error


def in_order_ahead(items: Iterator[T], number: int) -> Iterator[T]:
    """The same items, the next ``number`` of them already begun."""
    begun: deque[T] = deque()
    for item in items:
        begun.append(item)
        if len(begun) > number:
            yield begun.popleft()
    yield from begun


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _counting_here(job: Job) -> Submit:
    counter = _Worker(job)

    def count(files: Sequence[File], output: int | None) -> Future[BatchCounts]:
        future: Future[BatchCounts] = Future()
        try:
            future.set_result(counter.count(files, output))
        except Exception as error:
            return _failed(error)
        return future

    return count


class _Worker:
    """One process's model and buffers."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.counter = BatchCounter(
            job.weights,
            job.parameters,
            device=job.device,
            kernel=job.kernel,
            counts=job.counts,
            examples=job.examples,
        )

    def count(self, files: Sequence[File], output: int | None) -> BatchCounts:
        batch = read_batch(self.job.root, files, skip_bad=self.job.skip_bad)
        counted = self.counter.count(batch.pixels, output=output, numbers=batch.numbers)
        return replace(counted, skipped=tuple(batch.skipped))


_worker: _Worker | None = None


def _start_worker(job: Job, tensors: dict[str, NDArray[np.float32]]) -> None:
    global _worker
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _keep_freed_memory()
    torch.set_num_threads(1)
    weights = replace(job.weights, tensors={name: torch.from_numpy(one) for name, one in tensors.items()})
    _worker = _Worker(replace(job, weights=weights))
    with FileLock(job.work_dir / "compiling.lock"):  # the first one compiles for all
        _worker.counter.count(np.zeros((1, 224, 224, 3), np.uint8))


def _portable(job: Job) -> tuple[Job, dict[str, NDArray[np.float32]]]:
    """The job with its tensors as arrays: torch would pass them through shared memory that can run out."""
    tensors = {name: tensor.numpy() for name, tensor in job.weights.tensors.items()}
    return replace(job, weights=replace(job.weights, tensors={})), tensors


def _count_files(files: Sequence[File], output: int | None) -> BatchCounts:
    assert _worker is not None
    return _worker.count(files, output)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _keep_freed_memory() -> None:
    """Let glibc keep freed maps for reuse: giving them back costs page faults in every forward pass."""
    trim_threshold, mmap_threshold = -1, -3
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, 1 << 30)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
