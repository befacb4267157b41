"""Files as a whole: put in their place in one piece, and known by their SHA-256."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write UTF-8 text beside the file, made with its folder where it is missing, and put it in its place.

    Of two processes that write one file at a time, the last one's text stays.
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
