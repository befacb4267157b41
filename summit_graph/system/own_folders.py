"""Folders that this program makes and may delete: each holds a mark, and no folder without it is deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

from summit_graph.errors import SummitGraphError

MARK = ".made-by-summit-graph"


def make_own_folder(folder: Path, *, known_by: str = MARK) -> Path:
    """Make a folder with the mark; one that is empty or has the file ``known_by`` is taken over.

    Raises:
        SummitGraphError: somebody else's folder is there.
    """
    if folder.is_symlink():
        raise SummitGraphError(f"{folder} is a link: move it away, or name another place")
    folder.mkdir(parents=True, exist_ok=True)
    there = {entry.name for entry in folder.iterdir()}
    if there and not there & {MARK, known_by}:
        raise SummitGraphError(f"{folder} {_NOT_OWN}: move it away, or name another place")
    (folder / MARK).touch()
    return folder


def is_own_folder(folder: Path) -> bool:
    """Whether the folder is there, is no link, and has the mark."""
    return not folder.is_symlink() and (folder / MARK).is_file()


def delete_own_folder(folder: Path) -> None:
    """Delete a folder with all that it holds, the mark last; nothing happens where there is none.

    Raises:
        SummitGraphError: it is a link, or has no mark.
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


_NOT_OWN = f"was not made by summit-graph (it has no file {MARK})"
