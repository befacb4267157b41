"""One run as several processes started by ``torchrun``, on one or several machines.

torch.distributed assigns the ranks, connects them (by gloo: counting on a GPU needs no communication) and
detects when one has ended. Each rank counts its shard into its own folder; rank 0 adds them up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist

from summit_graph.errors import SummitGraphError
from summit_graph.system.resources import usable_cores

#: Timeouts for all ranks to start, and to finish; a rank may have much more to do than another.
START, END = timedelta(minutes=10), timedelta(days=30)
#: Seconds between two polls while waiting for the other ranks.
POLL_SECONDS = 0.2


class FailedElsewhereError(SummitGraphError):
    """Another rank failed and reported its error: this one exits silently."""


@dataclass
class Ranks:
    """This process's rank among those of the run.

    Attributes:
        rank, number: rank and number of processes, over all machines.
        local_rank, local_number: the same on this machine.
        store: key-value store that all ranks share.
    """

    rank: int
    number: int
    local_rank: int
    local_number: int
    store: dist.Store
    _shared: tuple[int, int] = field(default=(0, 0), init=False)

    def choose_device(self, wanted: str) -> str:
        """This rank's own GPU for ``auto`` and ``cuda`` if there are GPUs, else ``wanted``."""
        if wanted in ("auto", "cuda") and torch.cuda.is_available():
            return f"cuda:{self.local_rank % torch.cuda.device_count()}"
        return wanted

    def choose_processes(self) -> int:
        """This rank's share of the machine's cores."""
        return max(1, usable_cores() // self.local_number)

    def share_progress(self, done: int, skipped: int) -> tuple[int, int]:
        """Publish how many images this rank has done and skipped; returns the sums over all ranks."""
        before, self._shared = self._shared, (done, skipped)
        return self.store.add("images", done - before[0]), self.store.add("skipped", skipped - before[1])

    def read_progress(self) -> tuple[int, int]:
        """Images done and files skipped by all ranks."""
        return self.share_progress(*self._shared)

    def wait_for_all(self, *, on_wait: Callable[[], None] = lambda: None) -> None:
        """Return when every rank has called this.

        Raises:
            SummitGraphError: a rank ended before.
        """
        try:
            work = dist.barrier(async_op=True)
            while not work.is_completed():
                on_wait()
                time.sleep(POLL_SECONDS)
            work.wait()
        except RuntimeError:
            raise SummitGraphError(
                "a process of this run ended before its work was done (killed, or out of memory): run the "
                "same command again to continue after the last finished piece"
            ) from None

    def is_first_to_fail(self) -> bool:
        """Record that this rank failed; whether it is the first one."""
        try:
            return self.store.add("failures", 1) == 1
        except RuntimeError:  # the store ended with the process that hosts it
            return True


@contextmanager
def joined_ranks() -> Iterator[Ranks]:
    """Connect to the other ranks. An error in one ends all; only the first to fail reports it.

    Raises:
        FailedElsewhereError: instead of an error, if another rank failed before.
    """
    store, rank, number = next(dist.rendezvous("env://", timeout=START))
    store = dist.PrefixStore(f"summit-graph-{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=number, timeout=END)
    local_rank = int(os.environ.get("LOCAL_RANK", rank))
    ranks = Ranks(rank, number, local_rank, int(os.environ.get("LOCAL_WORLD_SIZE", number)), store)
    try:
        yield ranks
    except (Exception, KeyboardInterrupt) as error:
        if not ranks.is_first_to_fail():
            raise FailedElsewhereError(str(error)) from error
        raise
    finally:
        dist.destroy_process_group()
