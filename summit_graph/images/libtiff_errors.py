"""Collects the errors that libtiff reports while decoding; after some of them it continues with wrong pixels.

Pillow does not pass these errors on, and libtiff prints them to stderr. This module collects them with
``TIFFSetErrorHandler`` of the libtiff that Pillow is linked to. Measured with Pillow 13:

- Damaged CCITT (fax) data nearly always decodes "successfully" with an error, LZMA and JPEG data sometimes;
  LZW, Deflate and Zstandard fail.
- Of files with one changed byte, 93 % are reported for Group 4, 58 % for CCITT RLE and 6 % for Group 3, where
  most damage causes only a warning, which Pillow turns off.

On Windows libtiff is linked into Pillow statically, and its errors cannot be collected.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from summit_graph.system.operating_system import c_library

#: Pillow's names of the compressions for which these errors are the only sign of damage.
FAX_CODES = frozenset({"tiff_ccitt", "group3", "group4", "tiff_raw_16"})
LONGEST_ERROR = 200

#: void handler(const char *module, const char *format, va_list arguments); a va_list is passed as a pointer.
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
_collecting = threading.local()
_setting = threading.Lock()


@contextmanager
def collected_errors() -> Iterator[list[str]]:
    """A list that receives the first error in this thread."""
    errors_are_collected()
    errors: list[str] = []
    _collecting.errors = errors
    try:
        yield errors
    finally:
        _collecting.errors = None


def errors_are_collected() -> bool:
    """False if Pillow's libtiff cannot be reached."""
    with _setting:
        return _set_handler() is not None


@cache
def _set_handler() -> tuple[Any, ...] | None:
    """Set the handler once per process. The returned objects must live as long as the process."""
    from PIL import Image

    try:
        library, c = ctypes.CDLL(Image.core.__file__), c_library()
        set_handler, print_into = library.TIFFSetErrorHandler, c.vsnprintf
    except (AttributeError, OSError):
        return None
    set_handler.argtypes, set_handler.restype = [_HANDLER], ctypes.c_void_p
    print_into.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p]

    @_HANDLER
    def receive(module: bytes | None, text: bytes, arguments: int) -> None:
        errors = getattr(_collecting, "errors", None)
        if errors is not None and not errors:  # a damaged file may cause thousands
            buffer = ctypes.create_string_buffer(LONGEST_ERROR)
            print_into(buffer, LONGEST_ERROR, text, arguments)
            errors.append(buffer.value.decode("ascii", "replace"))

    set_handler(receive)
    return receive, library
