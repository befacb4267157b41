"""One file of a dataset: where its bytes are, what shows that it is still the same, how it is called."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any, NamedTuple, TypeAlias

from summit_graph.errors import UnreadableImageError

#: What systems put among people's files, in small letters: thumbnails, folder settings, waste, lost pieces.
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
#: The endings of images, where a list, an archive or a folder holds other files too.
IMAGE_ENDINGS = frozenset(
    "jpg jpeg jpe jfif mpo png webp bmp gif tif tiff ppm pgm pbm pnm jp2 j2k avif heic heif".split()  # noqa: SIM905
)

#: Joins an archive's name and a member's, as in ``n01440764.tar!n01440764_10026.JPEG``.
MEMBER_MARK = "!"
#: So many names stand in a note.
NAMED = 3


class Member(NamedTuple):
    """A file within an uncompressed tar, small enough to hand to another process.

    Attributes:
        name: ``archive!member``, both as in messages and manifests.
        archive: the archive's name, relative to the dataset's root.
        start, size: where its bytes are in the archive; ``size`` is -1 where it has none.
    """

    name: str
    archive: str
    start: int
    size: int


#: A file by its name relative to the dataset's root, or a member of an archive there.
File: TypeAlias = str | Member


class Listing(NamedTuple):
    """A dataset's classes with their files' names, and what there is to say of it."""

    classes: Mapping[str, Sequence[str]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file (or a whole class) that was left out; ``file`` is relative to the dataset's root."""

    file: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """As it stands in a manifest."""
        return {"file": self.file, "reason": self.reason}


def has_image_ending(name: str) -> bool:
    """Whether a file is called as an image is."""
    return PurePath(name).suffix[1:].lower() in IMAGE_ENDINGS


def is_system_name(name: str) -> bool:
    """Whether a part of a path is a system's own."""
    return name.lower() in SYSTEM_NAMES


def system_part(path: str) -> str | None:
    """A path as far as its first part that is a system's own; None where no part is."""
    parts = path.split("/")
    at = next((at for at, part in enumerate(parts) if is_system_name(part)), None)
    return None if at is None else "/".join(parts[: at + 1])


def is_hidden(name: str) -> bool:
    """Whether a part of a path is ignored: it begins with a dot."""
    return name.startswith(".")


def note_left_out(files: Collection[str]) -> list[str]:
    """What to say of a system's own files; nothing where there are none."""
    return [f"Left out, as the system's own: {named(files)}"] if files else []


def named(names: Collection[str]) -> str:
    """The first few of some names, and how many more there are."""
    different = sorted(set(names))
    more = f" and {len(different) - NAMED} more" if len(different) > NAMED else ""
    return ", ".join(map(readable_name, different[:NAMED])) + more


def open_file(root: Path, file: File | Path) -> Path | IO[bytes]:
    """What Pillow opens: a regular file's path, or a member's bytes.

    Raises:
        UnreadableImageError: there are no bytes to read; the message is the reason alone.
    """
    if isinstance(file, Member):
        return io.BytesIO(_read_member(root, file))
    path = root / file
    if not path.is_file():
        raise UnreadableImageError(_why_no_file(path))
    return path


def state_of(root: Path, file: File) -> list[Any]:
    """What shows that a file is still the same; one that cannot be looked at has only its name."""
    name, archive, *place = file if isinstance(file, Member) else (file, file)
    try:
        status = (root / archive).stat()
    except OSError:
        return [name]
    return [name, status.st_size, status.st_mtime_ns, *place]


def name_of(file: File) -> str:
    """How a file is called."""
    return file.name if isinstance(file, Member) else file


def readable_name(file: str) -> str:
    """A file's name as valid Unicode, for messages and manifests."""
    return os.fsencode(file).decode("utf-8", "replace")


def unreadable(root: Path, skipped: Skipped) -> UnreadableImageError:
    """The error that names a bad file and the way around it."""
    return UnreadableImageError(
        f"{readable_name(str(root / skipped.file))} does not decode as an image ({skipped.reason}): "
        "mend or remove it, or leave such files out with --skip-bad"
    )


def _why_no_file(path: Path) -> str:
    if path.is_symlink():
        return "it is a broken link"
    return "it is no regular file" if path.exists() else "there is no such file"


def _read_member(root: Path, member: Member) -> bytes:
    if member.size < 0:
        raise UnreadableImageError("it is a broken link")
    with (root / member.archive).open("rb") as archive:
        archive.seek(member.start)
        return archive.read(member.size)
