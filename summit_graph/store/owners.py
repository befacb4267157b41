"""Which process made something unfinished in the database, and whether it may still go on."""

from __future__ import annotations

import os
import socket

import psutil

#: A process on another machine that has been silent for this many seconds is taken for dead.
SILENT = 3600


def this_owner() -> str:
    """Host, process, and when that process started: a number that is used again is told apart."""
    return f"{socket.gethostname()}|{os.getpid()}|{psutil.Process().create_time():.2f}"


def owner_lives(owner: str, *, idle: int = 0) -> bool:
    """Whether the process behind ``this_owner()`` lives; ``idle`` is its silence in seconds."""
    host, process, started = owner.rsplit("|", 2)
    if host != socket.gethostname():
        return idle < SILENT
    try:
        return abs(psutil.Process(int(process)).create_time() - float(started)) < 1
    except psutil.NoSuchProcess:
        return False
