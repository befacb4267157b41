"""Atomic writes and hashes of files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_whole(file: Path) -> Iterator[Path]:
    """A new file next to ``file`` to write to, which replaces it atomically; missing folders are created.

    If two processes write the same file, the last one wins. After an error the former file is still there.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(os.fsencode(file.name)).hexdigest()[:16]  # the name may be as long as names get
    staged = file.with_name(f".{digest}.{os.getpid()}.part")
    try:
        yield staged
        os.replace(staged, file)
    finally:
        staged.unlink(missing_ok=True)


def write_whole(file: Path, text: str) -> None:
    """Replace the file with UTF-8 text atomically."""
    with replaced_whole(file) as staged:
        staged.write_text(text, "utf-8")


def check_writable(folder: Path) -> None:
    """OSError before work starts, not after it, if the folder cannot be written to; it is not created."""
    folder = folder.absolute()
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    with tempfile.TemporaryFile(dir=existing):
        pass


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
