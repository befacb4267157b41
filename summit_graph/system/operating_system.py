"""What differs between operating systems (docs/platforms.md); no other module calls what one system lacks."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def detached() -> dict[str, Any]:
    """Options of ``Popen`` for a process that goes on when this one and its terminal end."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def out_of_reach_of_ctrl_c() -> dict[str, Any]:
    """Options of ``Popen`` for a process that a Ctrl-C in this terminal does not interrupt."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def private_files() -> dict[str, Any]:
    """Options of ``Popen`` for a process whose files only the user can read; Windows goes by the folder."""
    return {} if sys.platform == "win32" else {"umask": 0o077}


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Processes that are started meanwhile ignore Ctrl-C, if they call ``ignore_interrupts`` as well."""
    if sys.platform == "win32":
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def ignore_interrupts() -> None:
    """Call it in a process started while interrupts are held back: on Windows it inherits nothing."""
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def is_locked(file: Path) -> bool:
    """Whether any process, also in a container or on another machine, has locked the file.

    A free lock is acquired briefly. False on Windows, where no home is shared with other machines.

    Raises:
        PermissionError: the file belongs to another user.
    """
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        lock = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def link_or_copy(link: Path, target: Path) -> None:
    """Make a link to a file, or a copy where links are not allowed, as on Windows for most users."""
    try:
        link.symlink_to(target)
    except OSError:
        shutil.copyfile(target, link)


def c_library() -> Any:
    """The functions of the C library of this process; None on Windows."""
    return None if sys.platform == "win32" else ctypes.CDLL(None)
