"""Worker processes. Imports no torch, so that processes that only decode start fast and stay small."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from summit_graph.system.operating_system import ignore_interrupts, interrupts_held_back

#: Variables that only processes that open the database, or rank in Aura, may have.
SECRETS = ("NEO4J_PASSWORD", "CLIENT_SECRET")


@contextmanager
def spawned_processes(
    number: int, *, initializer: Callable[..., None] | None = None, initargs: Sequence[Any] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Pool of spawned processes (torch's threads do not survive a fork).

    They ignore Ctrl-C, because the parent stops them, and exit when the parent ends or is killed.
    """
    with _environment_of_children():  # with its queues comes a process that tracks them
        executor = ProcessPoolExecutor(
            number,
            multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(initializer, tuple(initargs)),
        )
    try:
        with interrupts_held_back(), _environment_of_children():  # the processes inherit both
            for _ in range(number):
                executor.submit(os.getpid)
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _start(initializer: Callable[..., None] | None, initargs: tuple[Any, ...]) -> None:
    ignore_interrupts()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer:
        initializer(*initargs)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def _environment_of_children() -> Iterator[None]:
    """The environment that processes inherit.

    They have no secrets, and do not import from the current folder: until a process has our import path it
    would have the folder's modules before Python's own.
    """
    former = {name: os.environ.get(name) for name in (*SECRETS, "PYTHONSAFEPATH")}
    try:
        _set_variables(dict.fromkeys(SECRETS) | {"PYTHONSAFEPATH": "1"})
        yield
    finally:
        _set_variables(former)


def without_secrets() -> dict[str, str]:
    """This process's environment for a process that needs no database."""
    return {name: value for name, value in os.environ.items() if name not in SECRETS}


def _set_variables(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
