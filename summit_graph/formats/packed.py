"""Bytes as a short text for an address: compressed with zlib, in base64url without padding."""

from __future__ import annotations

import base64
import zlib


def pack(data: bytes) -> str:
    """The text; letters, digits, ``-`` and ``_``."""
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode("ascii").rstrip("=")


def unpack(text: str, *, most: int) -> bytes:
    """The inverse of ``pack``.

    Args:
        most: the largest number of bytes; more are never unpacked.

    Raises:
        ValueError: the text is damaged or cut, or has more bytes.
    """
    packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed, most)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("the end is missing")
    return data
