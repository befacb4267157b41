"""Counting on the CPU: processes of one thread each that read and count batches.

Two threads on busy cores are slower than one, so parallelism is by processes.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import torch
from filelock import FileLock

from summit_graph.aggregate.baselines import ValueAdder
from summit_graph.aggregate.batches import BatchCounts
from summit_graph.aggregate.work import (
    Job,
    Submit,
    Task,
    ValuesTask,
    add_values,
    begin,
    freed_memory_kept,
    keep_freed_memory,
    one_thread,
)
from summit_graph.images import Batch, File, read_batch
from summit_graph.system.child_processes import spawned_processes


@contextmanager
def counting_processes(job: Job, number: int) -> Iterator[Submit]:
    """Count batches in ``number`` processes; 1 counts in this process, when the result is taken."""
    if number == 1:
        with freed_memory_kept(), one_thread(job.device):
            worker = _Worker(job)
            yield lambda task: partial(worker.count, task)
        return
    with (
        job_file(job) as file,
        spawned_processes(number, initializer=_start_worker, initargs=(file,)) as pool,
    ):
        yield partial(_submit, pool)


def _submit(pool: ProcessPoolExecutor, task: Task | ValuesTask) -> Callable[[], BatchCounts]:
    return begin(pool, _count_task, task)


class _Worker:
    """The model and buffers of one process."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.counter = job.batch_counter()

    @cached_property
    def adder(self) -> ValueAdder:
        return self.job.value_adder()

    def count(self, task: Task | ValuesTask) -> BatchCounts:
        if isinstance(task, ValuesTask):
            return self._add_values(task)
        batch = self._read(task.root, task.files)
        counted = self.counter.count(
            batch.pixels, output=task.output, numbers=task.numbers(batch), baseline=task.baseline
        )
        return replace(counted, skipped=tuple(batch.skipped))

    def _add_values(self, task: ValuesTask) -> BatchCounts:
        """Write the sums of some images' values; returns the skipped files."""
        return add_values(self.adder, (self._read(task.root, files) for files in task.batches), task.path)

    def _read(self, root: Path, files: Sequence[File]) -> Batch:
        return read_batch(root, files, skip_bad=self.job.skip_bad, rule=self.job.model.input)


_worker: _Worker | None = None


@contextmanager
def job_file(job: Job) -> Iterator[Path]:
    """The job in a file. The processes map it into memory, so that they share the weights."""
    with NamedTemporaryFile(dir=job.work_dir, suffix=".job") as file:
        torch.save(job, file, pickle_protocol=pickle.HIGHEST_PROTOCOL)  # lower ones fail on memory formats
        file.flush()
        yield Path(file.name)


def _start_worker(file: Path) -> None:
    global _worker
    keep_freed_memory()
    torch.set_num_threads(1)
    job: Job = torch.load(file, weights_only=False, mmap=True)  # our own, from ``job_file``
    _worker = _Worker(job)
    side = job.model.input.crop
    with FileLock(job.work_dir / "compiling.lock"):  # the first process compiles the kernels for all
        _worker.counter.count(np.zeros((1, side, side, 3), np.uint8))


def _count_task(task: Task | ValuesTask) -> BatchCounts:
    assert _worker is not None
    return _worker.count(task)
