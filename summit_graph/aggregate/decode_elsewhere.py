"""Counting on a GPU: other processes decode, this one counts, so that the GPU does not wait for images.

1. Decoding processes read batches, several ahead.
2. A batch's pixels are copied through pinned memory to the device while the device counts the batch before.
3. Counts, examples and accuracy stay on the device and are read back once per piece.

On a CPU the same code runs without pinned memory; its counts are those of ``workers``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.baselines import ValueAdder
from summit_graph.aggregate.batches import BatchCounter, BatchCounts
from summit_graph.aggregate.work import Job, Submit, Task, ValuesTask, add_values, begin, one_thread
from summit_graph.images import Batch, File, read_batch
from summit_graph.system.child_processes import spawned_processes

#: Copies to the device that may be in progress at once.
UPLOADS = 2


@contextmanager
def decoding_processes(job: Job, number: int) -> Iterator[Submit]:
    """Decode batches in ``number`` processes and count each in this one, when its result is taken."""
    with one_thread(job.device), spawned_processes(number) as pool:
        counter, uploads = job.batch_counter(), Uploads(torch.device(job.device))
        adder = cache(job.value_adder)

        def decode(root: Path, files: Sequence[File]) -> Callable[[], Batch]:
            return begin(pool, read_batch, root, files, skip_bad=job.skip_bad, rule=job.model.input)

        def submit(task: Task | ValuesTask) -> Callable[[], BatchCounts]:
            if isinstance(task, ValuesTask):
                batches = [decode(task.root, files) for files in task.batches]
                return partial(_add_values, task, batches, adder)
            return partial(_count, task, decode(task.root, task.files), counter, uploads)

        yield submit


def _count(task: Task, decoded: Callable[[], Batch], counter: BatchCounter, uploads: Uploads) -> BatchCounts:
    """The counts of the entire piece after its last batch; before that, only the batch's skipped files."""
    batch = decoded()
    pixels = uploads.move(batch.pixels)
    counter.add(pixels, output=task.output, numbers=task.numbers(batch), baseline=task.baseline)
    counts = counter.read() if task.last else BatchCounts.nothing()
    return replace(counts, skipped=tuple(batch.skipped))


def _add_values(
    task: ValuesTask, decoded: Sequence[Callable[[], Batch]], adder: Callable[[], ValueAdder]
) -> BatchCounts:
    return add_values(adder(), (take() for take in decoded), task.path)


class Uploads:
    """Asynchronous copies of pictures to a device, from pinned memory."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._in_progress: deque[tuple[Tensor, torch.cuda.Event]] = deque()

    def move(self, pixels: NDArray[np.uint8]) -> Tensor:
        """The pictures on the device, uint8 (images, crop, crop, 3); the copy may still be in progress."""
        pictures = torch.from_numpy(pixels)
        if self.device.type != "cuda":
            return pictures
        with torch.cuda.device(self.device):
            pinned, copied = self._room_for(pictures)
            pinned[: len(pictures)].copy_(pictures)
            moved = pinned[: len(pictures)].to(self.device, non_blocking=True)
            copied.record()
        self._in_progress.append((pinned, copied))
        return moved

    def _room_for(self, pictures: Tensor) -> tuple[Tensor, torch.cuda.Event]:
        """Pinned memory that no copy still reads."""
        if len(self._in_progress) == UPLOADS:
            pinned, copied = self._in_progress.popleft()
            copied.synchronize()
            if len(pinned) >= len(pictures):
                return pinned, copied
        return torch.empty(pictures.shape, dtype=torch.uint8, pin_memory=True), torch.cuda.Event()
