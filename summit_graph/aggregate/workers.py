"""Processes of one thread each that read and count batches, and a clean end whatever happens to them.

Two threads on contended cores are slower than one, so parallelism is by processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from summit_graph.aggregate.batches import BatchCounts
from summit_graph.aggregate.work import Job, Submit, Task, counter_of, failed, keep_freed_memory, one_thread
from summit_graph.images import read_batch
from summit_graph.system.child_processes import spawned_processes


@contextmanager
def counting_processes(job: Job, number: int) -> Iterator[Submit]:
    """A function that counts batches in ``number`` processes; with 1, here and now."""
    keep_freed_memory()
    if number == 1:
        with one_thread(job.device):
            yield _counting_here(job)
        return
    with spawned_processes(number, initializer=_start_worker, initargs=_portable(job)) as executor:
        yield partial(_submit, executor)


def _submit(executor: ProcessPoolExecutor, task: Task) -> Future[BatchCounts]:
    """Begin a batch; that no process is left to do it shows when its result is wanted."""
    try:
        return executor.submit(_count_task, task)
    except BrokenProcessPool as error:
        return failed(error)


def _counting_here(job: Job) -> Submit:
    counter = _Worker(job)

    def count(task: Task) -> Future[BatchCounts]:
        future: Future[BatchCounts] = Future()
        try:
            future.set_result(counter.count(task))
        except Exception as error:
            return failed(error)
        return future

    return count


class _Worker:
    """One process's model and buffers."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.counter = counter_of(job)

    def count(self, task: Task) -> BatchCounts:
        batch = read_batch(self.job.root, task.files, skip_bad=self.job.skip_bad)
        counted = self.counter.count(batch.pixels, output=task.output, numbers=task.numbers(batch))
        return replace(counted, skipped=tuple(batch.skipped))


_worker: _Worker | None = None


def _start_worker(job: Job, tensors: dict[str, NDArray[np.float32]]) -> None:
    global _worker
    keep_freed_memory()
    torch.set_num_threads(1)
    weights = replace(job.weights, tensors={name: torch.from_numpy(one) for name, one in tensors.items()})
    _worker = _Worker(replace(job, weights=weights))
    with FileLock(job.work_dir / "compiling.lock"):  # the first one compiles for all
        _worker.counter.count(np.zeros((1, 224, 224, 3), np.uint8))


def _portable(job: Job) -> tuple[Job, dict[str, NDArray[np.float32]]]:
    """The job with its tensors as arrays: torch would pass them through shared memory that can run out."""
    tensors = {name: tensor.numpy() for name, tensor in job.weights.tensors.items()}
    return replace(job, weights=replace(job.weights, tensors={})), tensors


def _count_task(task: Task) -> BatchCounts:
    assert _worker is not None
    return _worker.count(task)
