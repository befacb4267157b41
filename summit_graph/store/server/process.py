"""The local server's process: found by its folder; terminated, and killed after a long wait."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from summit_graph.errors import DatabaseError

SERVER = "org.neo4j.server.Neo4jCommunity"
#: Bytes that are free on a full disk, at most.
FULL = 1 << 20
ADMIN = "org.neo4j.cli.AdminTool"  # not Neo4jAdminCommand: that forks a JVM without our options
_LISTEN = re.compile(r"server\.bolt\.listen_address=127\.0\.0\.1:(\d+)")

STOP_SECONDS = 60  # a clean stop writes a checkpoint
PATIENT_SECONDS = 240  # the same with much unwritten data on a busy machine
IDLE_SECONDS = 15  # without a write it does not end: its disk is full, or it is stuck
KILL_SECONDS = 30


def find_server(folder: Path, noted: int | None) -> psutil.Process | None:
    """The running server of a folder; the recorded process is checked first."""
    with suppress(psutil.NoSuchProcess):
        if noted is not None and is_server_of(process := psutil.Process(noted), folder):
            return process
    return next((one for one in psutil.process_iter() if is_server_of(one, folder)), None)


def find_programs(folder: Path) -> Iterator[psutil.Process]:
    """The server of a folder and the Neo4j tools that run in it."""
    return (one for one in psutil.process_iter() if _runs(one, SERVER, ADMIN) and _works_in(one, folder))


def is_server_of(process: psutil.Process, folder: Path) -> bool:
    """Whether a process is the folder's running server."""
    return _runs(process, SERVER) and _works_in(process, folder)


def port_options(port: int) -> list[str]:
    """Options that make a server listen on a local port; ``port_of`` reads them back."""
    address = f"127.0.0.1:{port}"
    settings = (f"server.bolt.{name}_address={address}" for name in ("listen", "advertised"))
    return [word for setting in settings for word in ("-c", setting)]


def port_of(process: psutil.Process) -> int | None:
    """The port of a running server; None if its command line does not contain it."""
    with suppress(psutil.Error):
        found = filter(None, map(_LISTEN.fullmatch, process.cmdline()))
        return next((int(one[1]) for one in found), None)
    return None


def _runs(process: psutil.Process, *programs: str) -> bool:
    """False for zombies, which have no command line, and other users' unreadable processes."""
    with suppress(psutil.Error):
        return not set(programs).isdisjoint(process.cmdline())
    return False


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Compared by inode: a path may contain links, and differs in a container."""
    with suppress(OSError, psutil.Error):
        return os.path.samefile(f"/proc/{process.pid}/cwd" if psutil.LINUX else process.cwd(), folder)
    return False


def end_process(process: psutil.Process, say: Callable[[str], None]) -> None:
    """Stop a server; long waits are reported through ``say``.

    Raises:
        DatabaseError: it cannot be stopped.
    """
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        if _has_ended(process, STOP_SECONDS):
            return
        say("The local database is still writing its data to disk; waiting for it …")
        if _ends_while_it_writes(process):
            return
        say("The local database does not stop and is killed. No data is lost: the next start recovers it.")
        process.kill()
        if not _has_ended(process, KILL_SECONDS):
            raise DatabaseError(f"the local database cannot be ended: end process {process.pid} by hand")


def _ends_while_it_writes(process: psutil.Process) -> bool:
    """Whether it ends in time; False also when it writes no more, or repeats what a full disk refuses."""
    deadline = time.monotonic() + PATIENT_SECONDS
    written = _written(process)
    while time.monotonic() < deadline:
        if _has_ended(process, min(IDLE_SECONDS, PATIENT_SECONDS)):
            return True
        before, written = written, _written(process)
        if (written is not None and written == before) or _has_full_disk(process):
            return False
    return False


def _has_full_disk(process: psutil.Process) -> bool:
    """Whether the disk of its folder is full: Neo4j then writes the same pages for ever."""
    with suppress(psutil.AccessDenied):
        return bool(psutil.disk_usage(process.cwd()).free < FULL)
    return False


def _written(process: psutil.Process) -> int | None:
    """Bytes that it has written so far; None where the system does not count them."""
    with suppress(psutil.AccessDenied, AttributeError):
        return int(process.io_counters().write_chars)
    return None


def _has_ended(process: psutil.Process, seconds: float) -> bool:
    """Whether it ends in time; a zombie counts as ended."""
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    with suppress(psutil.TimeoutExpired):
        process.wait(0)  # reaps it if this process is the parent
    return True
