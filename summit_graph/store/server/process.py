"""Ending the local server's process: first politely, then patiently, at last by force."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from summit_graph.errors import DatabaseError

STOP_SECONDS = 60  # a clean stop writes a checkpoint
PATIENT_SECONDS = 240  # the same with much unwritten on a busy machine
KILL_SECONDS = 30


def end_process(process: psutil.Process, say: Callable[[str], None]) -> None:
    """Ends a server; ``say`` hears when that takes its time.

    Raises:
        DatabaseError: it cannot be ended.
    """
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        if _has_ended(process, STOP_SECONDS):
            return
        say("The local database is still writing what it holds; waiting for it …")
        if _has_ended(process, PATIENT_SECONDS):
            return
        say("It does not stop, so it is killed; nothing is lost, its next start recovers.")
        process.kill()
        if not _has_ended(process, KILL_SECONDS):
            raise DatabaseError(f"the local database cannot be ended: end process {process.pid} by hand")


def _has_ended(process: psutil.Process, seconds: float) -> bool:
    """Whether it ends in time; so has one whose parent did not ask after it, which still has a number."""
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    with suppress(psutil.TimeoutExpired):
        process.wait(0)  # asks after it, if the parent is this process
    return True
