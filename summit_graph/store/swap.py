"""One server folder takes another's place; cut off at any moment, the next start finishes or undoes it.

1.  The new folder is marked as verified.
2.  The old folder is moved aside, the new one to its place.
3.  The old one is deleted.

Where the server's folder is missing, step 2 was cut off: a verified new folder takes its place now, else the
old one comes back.
"""

from __future__ import annotations

import shutil
from pathlib import Path

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
    shutil.rmtree(old_folder(folder), ignore_errors=True)
    if folder.exists():
        folder.rename(old_folder(folder))
    finish_swap(folder)


def finish_swap(folder: Path) -> None:
    """Finish or undo a swap that was cut off; otherwise nothing happens."""
    new, old = new_folder(folder), old_folder(folder)
    if not folder.exists():
        if (new / VERIFIED).exists():
            new.rename(folder)
        elif old.exists():
            old.rename(folder)
    if folder.exists() and old.exists():
        shutil.rmtree(old, ignore_errors=True)
    (folder / VERIFIED).unlink(missing_ok=True)
