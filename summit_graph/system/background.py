"""Runs a call in a thread that the end of the process does not wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def in_background(act: Callable[[], Result]) -> Future[Result]:
    """Start a call; its result or error is in the future."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            result = act()
        except BaseException as error:  # is raised again where the result is read
            future.set_exception(error)
        else:
            future.set_result(result)

    Thread(target=run, daemon=True).start()
    return future


def has_ended(future: Future[Result], seconds: float) -> bool:
    """Whether the call ends within some seconds."""
    done, _ = wait([future], max(0.0, seconds))
    return bool(done)
