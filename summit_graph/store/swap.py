"""One server folder takes another's place; cut off at any moment, the next start finishes or undoes it.

1.  The new folder is marked as verified.
2.  The old folder is moved aside, the new one to its place.
3.  The old one is deleted.

A verified new folder takes the place as soon as anyone looks; without one, the old folder comes back where
the server's is missing. The old one is deleted only when the verified one stands in its place. A lock beside
the folders lets one process at a time move them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from filelock import FileLock

VERIFIED = "verified"


def new_folder(folder: Path) -> Path:
    """Where the store that is to replace ``folder`` is built."""
    return folder.with_name(f"{folder.name}.new")


def old_folder(folder: Path) -> Path:
    """Where the replaced store waits to be deleted."""
    return folder.with_name(f"{folder.name}.old")


def begin_new(folder: Path) -> Path:
    """An empty folder for the new store; what an interrupted attempt left is deleted."""
    new = new_folder(folder)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700, parents=True)
    return new


def swap_in(folder: Path) -> None:
    """Put the new store in place of the old one; neither server may run."""
    (new_folder(folder) / VERIFIED).touch()
    finish_swap(folder)


def finish_swap(folder: Path) -> None:
    """Finish or undo a swap that was cut off; otherwise nothing happens."""
    if new_folder(folder).exists() or old_folder(folder).exists():
        with FileLock(folder.with_name(f"{folder.name}.swap.lock"), mode=0o600):
            _finish_locked(folder, new_folder(folder), old_folder(folder))


def _finish_locked(folder: Path, new: Path, old: Path) -> None:
    if (new / VERIFIED).exists():
        if folder.exists() and not old.exists():
            folder.rename(old)
        shutil.rmtree(folder, ignore_errors=True)  # beside an old one it is but an empty start
        new.rename(folder)
    elif not folder.exists() and old.exists():
        old.rename(folder)
    if (folder / VERIFIED).exists():
        shutil.rmtree(old, ignore_errors=True)
        (folder / VERIFIED).unlink()
