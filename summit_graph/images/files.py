"""One file of a dataset: its bytes, its state (to notice changes) and its name."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any, NamedTuple, TypeAlias

from summit_graph.errors import UnreadableImageError

#: Lower-case names of files that operating systems and NAS devices create: thumbnails, settings, waste bins.
SYSTEM_NAMES = frozenset(
    {
        "@eadir",
        "#recycle",
        "#snapshot",
        "@recycle",
        "@recently-snapshot",
        "__macosx",
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)
#: File extensions of images, for lists and archives that also hold other files.
IMAGE_ENDINGS = frozenset(
    (
        *("jpg", "jpeg", "jpe", "jfif", "mpo", "png", "webp", "bmp", "gif", "tif", "tiff"),
        *("ppm", "pgm", "pbm", "pnm", "jp2", "j2k", "avif", "heic", "heif"),
    )
)

#: Joins the names of an archive and a member: ``n01440764.tar!n01440764_10026.JPEG``.
MEMBER_MARK = "!"
#: How many names a message lists.
NAMES_SHOWN = 3


class Member(NamedTuple):
    """A file in an uncompressed tar: its position, which is cheap to send to another process.

    Attributes:
        name: ``archive!member``, as in messages and manifests.
        archive: the archive's name, relative to the dataset's root.
        start, size: where its bytes are in the archive; ``size`` is -1 for a broken link.
    """

    name: str
    archive: str
    start: int
    size: int


#: A file by its name relative to the dataset's root, or a member of an archive there.
File: TypeAlias = str | Member


class Listing(NamedTuple):
    """The classes of a dataset with their file names, and messages for the user."""

    classes: Mapping[str, Sequence[str]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file (or a class) that was skipped; ``file`` is relative to the dataset's root."""

    file: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """The form in a manifest."""
        return {"file": self.file, "reason": self.reason}


def has_image_ending(name: str) -> bool:
    """Whether a file name has the extension of an image."""
    return PurePath(name).suffix[1:].lower() in IMAGE_ENDINGS


def is_system_name(name: str) -> bool:
    """Whether a part of a path is a system file or folder."""
    return name.lower() in SYSTEM_NAMES


def system_part(path: str) -> str | None:
    """The path up to its first system file or folder, or None."""
    parts = path.split("/")
    at = next((at for at, part in enumerate(parts) if is_system_name(part)), None)
    return None if at is None else "/".join(parts[: at + 1])


def is_hidden(name: str) -> bool:
    """Whether a part of a path is ignored because it starts with a dot."""
    return name.startswith(".")


def note_system_files(files: Collection[str]) -> list[str]:
    """A message about ignored system files; empty if there are none."""
    return [f"Ignored system files: {list_names(files)}"] if files else []


def list_names(names: Collection[str]) -> str:
    """The first few names, and the number of the others."""
    different = sorted(set(names))
    more = f" and {len(different) - NAMES_SHOWN} more" if len(different) > NAMES_SHOWN else ""
    return ", ".join(map(readable_name, different[:NAMES_SHOWN])) + more


def open_file(root: Path, file: File | Path) -> Path | IO[bytes]:
    """What Pillow opens: the path of a regular file, or the bytes of a member.

    Raises:
        UnreadableImageError: there are no bytes to read; the message is only the reason.
    """
    if isinstance(file, Member):
        return io.BytesIO(_read_member(root, file))
    path = root / file
    if not path.is_file():
        raise UnreadableImageError(_why_not_a_file(path))
    return path


def state_of(root: Path, file: File) -> list[Any]:
    """Values that change when a file changes: name, size, time and position; only the name on an error."""
    name, archive, *place = file if isinstance(file, Member) else (file, file)
    try:
        status = (root / archive).stat()
    except OSError:
        return [name]
    return [name, status.st_size, status.st_mtime_ns, *place]


def name_of(file: File) -> str:
    """The name of a file or member."""
    return file.name if isinstance(file, Member) else file


def readable_name(file: str) -> str:
    """A file name as valid Unicode, for messages and manifests."""
    return os.fsencode(file).decode("utf-8", "replace")


def unreadable(root: Path, skipped: Skipped) -> UnreadableImageError:
    """The error for a bad file."""
    return UnreadableImageError(
        f"{readable_name(str(root / skipped.file))} does not decode as an image ({skipped.reason}): "
        "repair or remove it, or skip such files with --skip-bad"
    )


def _why_not_a_file(path: Path) -> str:
    if path.is_symlink():
        return "it is a broken link"
    return "it is not a regular file" if path.exists() else "the file does not exist"


def _read_member(root: Path, member: Member) -> bytes:
    if member.size < 0:
        raise UnreadableImageError("it is a broken link")
    with (root / member.archive).open("rb") as archive:
        archive.seek(member.start)
        return archive.read(member.size)
