"""Which process owns something in the database or on disk, and whether it is still alive."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

import psutil

#: A process on another machine counts as dead after this many seconds without a sign of life.
SILENT = 3600


def this_owner() -> str:
    """Host, process id and start time of this process; the start time distinguishes reused ids."""
    return f"{_host()}|{os.getpid()}|{psutil.Process().create_time():.2f}"


def owner_lives(owner: str, *, idle: int = 0) -> bool:
    """Whether the process named by ``this_owner()`` is alive; ``idle`` is its seconds of silence."""
    host, process, started = owner.rsplit("|", 2)
    if host != _host():
        return idle < SILENT
    try:
        return abs(psutil.Process(int(process)).create_time() - float(started)) < 1
    except psutil.NoSuchProcess:
        return False


@cache
def _host() -> str:
    """The host's name and, on Linux, its process namespace: containers may share only the name."""
    namespace = Path("/proc/self/ns/pid")
    number = namespace.stat().st_ino if namespace.exists() else 0
    return f"{socket.gethostname()}:{number}"
