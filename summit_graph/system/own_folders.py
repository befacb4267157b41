"""Folders that this program creates and may delete. Each has a marker file; others are never deleted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from summit_graph.errors import SummitGraphError

MARK = ".made-by-summit-graph"


def make_own_folder(folder: Path, *, known_by: str = MARK) -> Path:
    """Create a folder with the marker. An existing one must be empty or contain the file ``known_by``.

    Raises:
        SummitGraphError: the folder exists and was not made by this program.
    """
    if folder.is_symlink():
        raise SummitGraphError(f"{folder} is a link: move it away, or name another place")
    folder.mkdir(parents=True, exist_ok=True)
    there = {entry.name for entry in folder.iterdir()}
    if there and not there & {MARK, known_by}:
        raise SummitGraphError(f"{folder} {_NOT_OWN}: move it away, or name another place")
    (folder / MARK).touch(mode=0o600)
    return folder


def make_private_folder(folder: Path) -> Path:
    """Create a folder, and those above it, that only the user may read; existing ones stay as they are."""
    if not folder.is_dir():
        make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def is_own_folder(folder: Path) -> bool:
    """Whether the folder exists, is not a link, and has the marker."""
    return not folder.is_symlink() and (folder / MARK).is_file()


def delete_own_folder(folder: Path) -> None:
    """Delete a folder and its content, the marker last; a missing folder is ignored.

    Raises:
        SummitGraphError: it is a link, or has no marker.
    """
    if not (folder.exists() or folder.is_symlink()):
        return
    if not is_own_folder(folder) and (folder.is_symlink() or any(folder.iterdir())):
        raise SummitGraphError(f"{folder} {_NOT_OWN}, so it is not deleted: move it away")
    for entry in folder.iterdir():
        if entry.name != MARK:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    (folder / MARK).unlink(missing_ok=True)
    folder.rmdir()


@contextmanager
def replaced_own_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which replaces ``folder`` at the end; one process at a time may do this.

    After an error the former folder is still there; after a kill the next call puts it back.

    Raises:
        SummitGraphError: ``folder`` was not made by this program.
    """
    staged, former = staged_folders(folder)
    if former.exists() and not folder.exists():
        former.rename(folder)
    for leftover in (staged, former):
        delete_own_folder(leftover)
    try:
        yield make_own_folder(staged)
    except BaseException:
        delete_own_folder(staged)
        raise
    if folder.exists():
        make_own_folder(folder).rename(former)
    staged.rename(folder)
    delete_own_folder(former)


def staged_folders(folder: Path) -> tuple[Path, Path]:
    """Where ``replaced_own_folder`` keeps the new folder and the former one for a moment."""
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


_NOT_OWN = f"was not made by summit-graph (it has no file {MARK})"
