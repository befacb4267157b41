"""Atomic writes and hashes of files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Replace the file with UTF-8 text atomically; missing folders are created.

    If two processes write the same file, the last one wins.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(os.fsencode(file.name)).hexdigest()[:16]  # the name may be as long as names get
    staged = file.with_name(f".{digest}.{os.getpid()}.part")
    try:
        staged.write_text(text, "utf-8")
        os.replace(staged, file)
    finally:
        staged.unlink(missing_ok=True)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
