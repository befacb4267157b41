"""A PNG without its metadata: the chunks that its pixels need."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Length, name and checksum of a chunk.
FRAME = 12
#: Texts that may hold an orientation, by what they begin with.
ORIENTED_TEXTS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")


class Chunk(NamedTuple):
    """A part of the file; ``whole`` is its bytes with length, name and checksum."""

    name: bytes
    content: bytes
    whole: bytes

    @property
    def critical(self) -> bool:
        """Needed for the pixels: its name begins with a capital letter."""
        return self.name[:1].isupper()

    @property
    def sound(self) -> bool:
        """Its checksum is right."""
        return self.whole[-4:] == struct.pack(">I", zlib.crc32(self.name + self.content))


def critical_chunks(file: bytes, *, keep: Callable[[Chunk], bool] = lambda chunk: False) -> bytes:
    """The file with what its pixels need and with the metadata that ``keep`` wants."""
    wanted = (chunk.whole for chunk in _chunks(file) if chunk.critical or keep(chunk))
    return SIGNATURE + b"".join(wanted)


def says_orientation(chunk: Chunk) -> bool:
    """Sound metadata that may say how the picture is to be turned."""
    return chunk.sound and (chunk.name == b"eXIf" or chunk.content.startswith(ORIENTED_TEXTS))


def _chunks(file: bytes) -> Iterator[Chunk]:
    start = len(SIGNATURE)
    while start + FRAME <= len(file):
        (length,) = struct.unpack_from(">I", file, start)
        whole = file[start : start + FRAME + length]
        yield Chunk(whole[4:8], whole[8:-4], whole)
        start += FRAME + length
