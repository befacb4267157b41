"""The local server's current folder, and its atomic replacement by a new one.

The server's folder is ``neo4j`` or, after a swap, the folder named in the file ``neo4j.current``. A swap
replaces that file with one rename: after an interruption at any point either the old or the new store is
current, and a server that runs in the new folder keeps running. The file also names the replaced folder until
that is deleted.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from summit_graph.errors import SummitGraphError
from summit_graph.store.server.files import ServerFiles
from summit_graph.system.atomic_files import write_whole
from summit_graph.system.own_folders import make_private_folder


class _Current(NamedTuple):
    """Folder names: the current one, and a replaced one still to be deleted."""

    name: str
    replaced: str | None


def current_folder(folder: Path) -> Path:
    """The server's folder; a folder left by an interrupted swap is deleted first.

    Args:
        folder: the folder before any swap.
    """
    current = _read(folder)
    if current.replaced:
        with _locked(folder):
            current = _delete_replaced(folder)
    return folder.with_name(current.name)


def new_folder(folder: Path) -> Path:
    """The folder in which the new store is built."""
    second = f"{folder.name}.2"
    return folder.with_name(folder.name if _read(folder).name == second else second)


def begin_new(folder: Path) -> Path:
    """An empty folder for the new store; leftovers of an interrupted attempt are deleted.

    Raises:
        SummitGraphError: another program's folder is in its place.
    """
    new = ServerFiles(new_folder(folder))
    new.make_folder()
    new.delete_folder()
    new.make_folder()
    return new.folder


def drop_new(folder: Path) -> None:
    """Delete a new store that is not swapped in; what cannot be deleted stays for the next attempt."""
    with suppress(OSError):
        ServerFiles(new_folder(folder)).delete_folder()


def swap_in(folder: Path) -> None:
    """Make the new folder current and delete the old one, whose server must be stopped."""
    with _locked(folder):
        _write(folder, _Current(new_folder(folder).name, replaced=_read(folder).name))
        _delete_replaced(folder)


def _delete_replaced(folder: Path) -> _Current:
    current = _read(folder)
    if current.replaced:
        with suppress(OSError, SummitGraphError):  # not ours any more: it stays, and the next swap names it
            ServerFiles(folder.with_name(current.replaced)).delete_folder()
        current = current._replace(replaced=None)
        _write(folder, current)
    return current


def _locked(folder: Path) -> FileLock:
    """Lock for changing the current folder."""
    make_private_folder(folder.parent)
    return FileLock(folder.with_name(f"{folder.name}.current.lock"), mode=0o600)


def _read(folder: Path) -> _Current:
    """Read the file. Only two folder names are valid, because named folders are served or deleted.

    Raises:
        SummitGraphError: the file contains anything else.
    """
    file, names = _file(folder), (folder.name, f"{folder.name}.2")
    try:
        current = _Current(**json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return _Current(folder.name, replaced=None)
    except (ValueError, TypeError):
        current = _Current("", replaced=None)
    if current.name not in names or current.replaced not in (None, *(set(names) - {current.name})):
        raise SummitGraphError(
            f"{file} is damaged: write {json.dumps(_Current(names[0], None)._asdict())} into it, "
            f"or {names[1]!r} where the database is in that folder"
        )
    return current


def _write(folder: Path, current: _Current) -> None:
    write_whole(_file(folder), json.dumps(current._asdict()))


def _file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.current")
