"""Removes metadata from a PNG and keeps the chunks that its pixels need."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Bytes of a chunk's length, name and checksum.
FRAME = 12
#: The first bytes of text chunks that may hold an orientation.
ORIENTED_TEXTS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")


class Chunk(NamedTuple):
    """A chunk; ``whole`` is all its bytes, with length, name and checksum."""

    name: bytes
    content: bytes
    whole: bytes

    @property
    def critical(self) -> bool:
        """Whether the pixels need it: its name starts with a capital letter."""
        return self.name[:1].isupper()

    @property
    def sound(self) -> bool:
        """Whether its checksum is correct."""
        return self.whole[-4:] == struct.pack(">I", zlib.crc32(self.name + self.content))


def critical_chunks(file: bytes, *, keep: Callable[[Chunk], bool] = lambda chunk: False) -> bytes:
    """The file with only the critical chunks and the metadata for which ``keep`` returns True."""
    wanted = (chunk.whole for chunk in _chunks(file) if chunk.critical or keep(chunk))
    return SIGNATURE + b"".join(wanted)


def has_orientation(chunk: Chunk) -> bool:
    """Whether a chunk has a correct checksum and may hold an EXIF orientation."""
    return chunk.sound and (chunk.name == b"eXIf" or chunk.content.startswith(ORIENTED_TEXTS))


def _chunks(file: bytes) -> Iterator[Chunk]:
    start = len(SIGNATURE)
    while start + FRAME <= len(file):
        (length,) = struct.unpack_from(">I", file, start)
        whole = file[start : start + FRAME + length]
        yield Chunk(whole[4:8], whole[8:-4], whole)
        start += FRAME + length
