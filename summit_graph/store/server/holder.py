"""Which server holds a store, also one that cannot be seen: in another container, on another machine."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psutil

from summit_graph.store.server.files import write_private


@dataclass(frozen=True)
class Holder:
    """A server as it noted itself once it owned the store; after it was stopped only its port is left."""

    port: int | None = None
    pid: int | None = None
    host: str | None = None
    started: str | None = None

    @classmethod
    def of(cls, process: psutil.Process, port: int) -> Holder:
        """The holder that a process of this machine is."""
        started = None
        with suppress(psutil.Error):  # it ended meanwhile
            moment = datetime.fromtimestamp(process.create_time()).astimezone()
            started = moment.isoformat(sep=" ", timespec="seconds")
        return cls(port, process.pid, socket.gethostname(), started)

    def __str__(self) -> str:
        """``process 17 on host-a since 2026-01-31 12:00:00+00:00``, as far as it is known."""
        if self.pid is None:
            return "a program that left no note"
        where = f" on {self.host}" if self.host else ""
        return f"process {self.pid}{where}" + (f" since {self.started}" if self.started else "")


def read_holder(file: Path) -> Holder:
    """The last note; without anything before the first start, or when the file is damaged."""
    try:
        noted = json.loads(file.read_text("utf-8"))
        return Holder(**{name: noted.get(name) for name in Holder.__dataclass_fields__})
    except (OSError, ValueError, AttributeError):
        return Holder()


def write_holder(file: Path, holder: Holder) -> None:
    """Replaces the note, where it says something else."""
    if read_holder(file) != holder:
        write_private(file, json.dumps(asdict(holder)))


def is_held(store_lock: Path) -> bool:
    """Whether any process has the store open: Neo4j's own lock tells it across containers and machines.

    The lock is taken for a moment where it is free.

    Raises:
        PermissionError: the store is another user's.
    """
    if sys.platform == "win32":
        return False  # containers and machines do not share a home there; processes can be seen
    import fcntl

    try:
        lock = os.open(store_lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
