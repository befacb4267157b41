"""Which server has a store open, including servers in other containers or on other machines."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psutil

from summit_graph.store.server.files import write_private


@dataclass(frozen=True)
class Holder:
    """A server that has the store open, as recorded in a file; after a stop only the port remains.

    ``starter`` is the process that started it, as ``owners.this_owner()``.
    """

    port: int | None = None
    pid: int | None = None
    host: str | None = None
    started: str | None = None
    starter: str | None = None

    @classmethod
    def of(cls, process: psutil.Process, port: int, starter: str | None = None) -> Holder:
        """The holder for a process of this machine."""
        started = None
        with suppress(psutil.Error):  # it has ended
            moment = datetime.fromtimestamp(process.create_time()).astimezone()
            started = moment.isoformat(sep=" ", timespec="seconds")
        return cls(port, process.pid, socket.gethostname(), started, starter)

    def __str__(self) -> str:
        """``process 17 on host-a since 2026-01-31 12:00:00+00:00``, without the unknown parts."""
        if self.pid is None:
            return "an unknown process"
        where = f" on {self.host}" if self.host else ""
        return f"process {self.pid}{where}" + (f" since {self.started}" if self.started else "")


def read_holder(file: Path) -> Holder:
    """The recorded holder; empty before the first start or if the file is damaged."""
    try:
        noted = json.loads(file.read_text("utf-8"))
        return Holder(**{name: noted.get(name) for name in Holder.__dataclass_fields__})
    except (OSError, ValueError, AttributeError):
        return Holder()


def write_holder(file: Path, holder: Holder) -> None:
    """Record the holder, if it has changed."""
    if read_holder(file) != holder:
        write_private(file, json.dumps(asdict(holder)))
