"""One run as several processes that ``torchrun`` started, here or on several machines.

torch.distributed gives each its rank, brings them together (gloo: counting on a GPU needs no communication)
and tells when one has gone. Each rank counts its shard into a folder of its own; rank 0 adds them up.
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

#: How long ranks wait for one another to start, and, since a rank may have much more to do, to end.
START, END = timedelta(minutes=10), timedelta(days=30)
#: Seconds between looks at the others while waiting.
PATIENCE = 0.2


class FailedElsewhereError(SummitGraphError):
    """Another rank has failed and has said why: this one ends without a word."""


@dataclass
class Ranks:
    """This process among those of the run.

    Attributes:
        rank, number: which one of how many, over all machines.
        local_rank, local_number: the same on this machine.
        store: what all of them read and write.
    """

    rank: int
    number: int
    local_rank: int
    local_number: int
    store: dist.Store
    _told: tuple[int, int] = field(default=(0, 0), init=False)

    def choose_device(self, wanted: str) -> str:
        """Of ``auto`` and ``cuda``, this rank's own GPU where there are GPUs."""
        if wanted in ("auto", "cuda") and torch.cuda.is_available():
            return f"cuda:{self.local_rank % torch.cuda.device_count()}"
        return wanted

    def choose_processes(self) -> int:
        """This rank's share of the machine's cores."""
        return max(1, usable_cores() // self.local_number)

    def share_progress(self, done: int, skipped: int) -> tuple[int, int]:
        """Tell the others how many images this rank has done and left out; the same of all ranks together."""
        before, self._told = self._told, (done, skipped)
        return self.store.add("images", done - before[0]), self.store.add("skipped", skipped - before[1])

    def read_progress(self) -> tuple[int, int]:
        """Images done and files left out by all ranks."""
        return self.share_progress(*self._told)

    def wait_for_all(self, *, on_wait: Callable[[], None] = lambda: None) -> None:
        """Return when every rank has come here.

        Raises:
            SummitGraphError: one has gone before.
        """
        try:
            work = dist.barrier(async_op=True)
            while not work.is_completed():
                on_wait()
                time.sleep(PATIENCE)
            work.wait()
        except RuntimeError:
            raise SummitGraphError(
                "a process of this run ended before its work was done (killed, or out of memory): run the "
                "same command again to go on from the last finished piece"
            ) from None

    def is_first_to_fail(self) -> bool:
        """Whether no other rank has failed before; this one counts from now on."""
        try:
            return self.store.add("failures", 1) == 1
        except RuntimeError:  # the store has gone with the process that kept it
            return True


@contextmanager
def joined_ranks() -> Iterator[Ranks]:
    """Meet the other ranks; an error of one ends all, and only the first to fail says so.

    Raises:
        FailedElsewhereError: in place of an error, where another rank has failed before.
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
