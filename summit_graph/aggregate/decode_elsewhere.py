"""One process that counts on a device, others that decode for it: so a GPU does not wait for pictures.

1. Decoding processes read batches, several ahead.
2. A batch's pixels go through pinned memory to the device, which still counts the batch before meanwhile.
3. Counts, examples and accuracy stay on the device until their piece is whole; only then they are read back.

On a CPU the same is done, where a test wants it: the counts are those of ``workers``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.batches import BatchCounter, BatchCounts
from summit_graph.aggregate.work import Job, Pending, Submit, Task, counter_of, failed, one_thread
from summit_graph.images import Batch, read_batch
from summit_graph.system.child_processes import spawned_processes

#: Batches whose copies to the device may be under way.
UPLOADS = 2


@contextmanager
def fed_counting(job: Job, decoders: int) -> Iterator[Submit]:
    """A function that counts batches here, decoded by so many processes; results must be taken in order."""
    with one_thread(job.device), spawned_processes(decoders) as executor:
        counter, uploads = counter_of(job), Uploads(torch.device(job.device))

        def submit(task: Task) -> Pending:
            try:
                pictures = executor.submit(read_batch, job.root, task.files, skip_bad=job.skip_bad)
            except BrokenProcessPool as error:  # no process is left; that shows when the result is wanted
                return failed(error)
            return _Fed(task, pictures, counter, uploads)

        yield submit


@dataclass(frozen=True)
class _Fed:
    """A batch that is being decoded; it is counted when its result is taken."""

    task: Task
    pictures: Future[Batch]
    counter: BatchCounter
    uploads: Uploads

    def result(self) -> BatchCounts:
        """The counts of the whole piece with its last batch; nothing but the files left out before."""
        batch = self.pictures.result()
        pixels = self.uploads.move(batch.pixels)
        self.counter.add(pixels, output=self.task.output, numbers=self.task.numbers(batch))
        counts = self.counter.read() if self.task.last else BatchCounts.nothing()
        return replace(counts, skipped=tuple(batch.skipped))


class Uploads:
    """Copies pictures to a device without waiting, from memory that the device can read by itself."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._under_way: deque[tuple[Tensor, torch.cuda.Event]] = deque()

    def move(self, pixels: NDArray[np.uint8]) -> Tensor:
        """The pictures on the device; the copy may still be under way."""
        pictures = torch.from_numpy(pixels)
        if self.device.type != "cuda":
            return pictures
        with torch.cuda.device(self.device):
            pinned, copied = self._room_for(pictures)
            pinned[: len(pictures)].copy_(pictures)
            moved = pinned[: len(pictures)].to(self.device, non_blocking=True)
            copied.record()
        self._under_way.append((pinned, copied))
        return moved

    def _room_for(self, pictures: Tensor) -> tuple[Tensor, torch.cuda.Event]:
        """Pinned memory that no copy reads any more."""
        if len(self._under_way) == UPLOADS:
            pinned, copied = self._under_way.popleft()
            copied.synchronize()
            if len(pinned) >= len(pictures):
                return pinned, copied
        return torch.empty(pictures.shape, dtype=torch.uint8, pin_memory=True), torch.cuda.Event()
