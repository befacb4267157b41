"""Worker processes. Imports no torch, so that processes that only decode start fast and stay small."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def spawned_processes(
    number: int, *, initializer: Callable[..., None] | None = None, initargs: Sequence[Any] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Pool of spawned processes (torch's threads do not survive a fork).

    They ignore Ctrl-C, because the parent stops them, and exit when the parent ends or is killed.
    """
    with _safe_import_path():  # with its queues comes a process that tracks them
        executor = ProcessPoolExecutor(
            number,
            multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(initializer, tuple(initargs)),
        )
    try:
        with _interrupts_held_back(), _safe_import_path():  # the processes inherit both
            for _ in range(number):
                executor.submit(os.getpid)
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _start(initializer: Callable[..., None] | None, initargs: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer:
        initializer(*initargs)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def _safe_import_path() -> Iterator[None]:
    """Until a process has our import path it would have the current folder's modules before Python's own."""
    former = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if former is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = former
