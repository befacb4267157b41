"""Counting on the CPU: processes of one thread each that read and count batches.

Two threads on busy cores are slower than one, so parallelism is by processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from summit_graph.aggregate.batches import BatchCounts
from summit_graph.aggregate.work import Job, Submit, Task, begin, keep_freed_memory, one_thread
from summit_graph.images import read_batch
from summit_graph.system.child_processes import spawned_processes


@contextmanager
def counting_processes(job: Job, number: int) -> Iterator[Submit]:
    """Count batches in ``number`` processes; 1 counts in this process, when the result is taken."""
    keep_freed_memory()
    if number == 1:
        with one_thread(job.device):
            worker = _Worker(job)
            yield lambda task: partial(worker.count, task)
        return
    with spawned_processes(number, initializer=_start_worker, initargs=_portable(job)) as pool:
        yield partial(_submit, pool)


def _submit(pool: ProcessPoolExecutor, task: Task) -> Callable[[], BatchCounts]:
    return begin(pool, _count_task, task)


class _Worker:
    """The model and buffers of one process."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.counter = job.batch_counter()

    def count(self, task: Task) -> BatchCounts:
        batch = read_batch(task.root, task.files, skip_bad=self.job.skip_bad)
        counted = self.counter.count(batch.pixels, output=task.output, numbers=task.numbers(batch))
        return replace(counted, skipped=tuple(batch.skipped))


_worker: _Worker | None = None


def _start_worker(job: Job, tensors: dict[str, NDArray[np.float32]]) -> None:
    global _worker
    keep_freed_memory()
    torch.set_num_threads(1)
    weights = replace(job.weights, tensors={name: torch.from_numpy(one) for name, one in tensors.items()})
    _worker = _Worker(replace(job, weights=weights))
    with FileLock(job.work_dir / "compiling.lock"):  # the first process compiles the kernels for all
        _worker.counter.count(np.zeros((1, 224, 224, 3), np.uint8))


def _portable(job: Job) -> tuple[Job, dict[str, NDArray[np.float32]]]:
    """The job with its tensors as arrays: torch would pass them through shared memory, which can run out."""
    tensors = {name: tensor.numpy() for name, tensor in job.weights.tensors.items()}
    return replace(job, weights=replace(job.weights, tensors={})), tensors


def _count_task(task: Task) -> BatchCounts:
    assert _worker is not None
    return _worker.count(task)
