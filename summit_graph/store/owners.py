"""Which process is writing something in the database, and whether it is still alive."""

from __future__ import annotations

import os
import socket

import psutil

#: A process on another machine counts as dead after this many seconds without a sign of life.
SILENT = 3600


def this_owner() -> str:
    """Host, process id and start time of this process; the start time distinguishes reused ids."""
    return f"{socket.gethostname()}|{os.getpid()}|{psutil.Process().create_time():.2f}"


def owner_lives(owner: str, *, idle: int = 0) -> bool:
    """Whether the process named by ``this_owner()`` is alive; ``idle`` is its seconds of silence."""
    host, process, started = owner.rsplit("|", 2)
    if host != socket.gethostname():
        return idle < SILENT
    try:
        return abs(psutil.Process(int(process)).create_time() - float(started)) < 1
    except psutil.NoSuchProcess:
        return False
