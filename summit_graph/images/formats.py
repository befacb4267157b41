"""The only place that opens an image: by its content, as one of the formats below and no other.

Pillow opens whatever it recognises by default, and for some formats (EPS) it runs a program.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from summit_graph.errors import UnreadableImageError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

#: A file, or its bytes.
Content: TypeAlias = Path | IO[bytes]

#: Pillow's names of the formats, and the modules that read them. MPO is opened as JPEG.
PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "PPM": "PIL.PpmImagePlugin",
    "JPEG2000": "PIL.Jpeg2KImagePlugin",
}
#: HEIC needs a package of its own.
HEIF, HEIF_PACKAGE = "HEIF", "pillow_heif"
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

#: What files begin with that cannot be opened, and what they are.
BEGINNINGS = {
    b"\xff\xd8\xff": "it begins as a JPEG, but is damaged",
    b"\x89PNG": "it begins as a PNG, but is damaged",
    b"GIF8": "it begins as a GIF, but is damaged",
    b"II*\0": "it is a damaged TIFF, or one whose kind of pixels is not read: convert it to 8 bits",
    b"MM\0*": "it is a damaged TIFF, or one whose kind of pixels is not read: convert it to 8 bits",
    b"%!PS": "it is PostScript",
    b"\xc5\xd0\xd3\xc6": "it is PostScript",
    b"%PDF": "it is a PDF",
    b"8BPS": "it is a Photoshop file",
    b"<svg": "it is an SVG",
    b"<?xml": "it is an SVG or other XML",
    b"<!doctype html": "it is a web page",
    b"<html": "it is a web page",
    b"version https://git-lfs": "it is a Git LFS pointer: fetch the file with git lfs pull",
}
LONGEST_BEGINNING = 32


@cache
def readable_formats() -> tuple[str, ...]:
    """The formats that can be opened here, the most frequent first."""
    from PIL import Image

    logging.getLogger("PIL").addHandler(logging.NullHandler())  # it prints errors that are raised as well
    for module in PLUGINS.values():
        if find_spec(module):  # an older Pillow has no AVIF
            import_module(module)
    formats = tuple(name for name in PLUGINS if name in Image.OPEN)
    if find_spec(HEIF_PACKAGE):
        import_module(HEIF_PACKAGE).register_heif_opener()
        return (*formats, HEIF)
    return formats


def open_image(content: Content) -> ImageFile:
    """Open an image; its pixels are not decoded yet.

    Raises:
        UnreadableImageError: it is of none of the formats; the message is the reason alone.
        Exception: whatever a damaged file makes Pillow trip over.
    """
    from PIL import Image, ImageFile, UnidentifiedImageError

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # other code in the process may have set it
    try:
        return Image.open(content, formats=readable_formats())
    except UnidentifiedImageError:
        raise UnreadableImageError(_what_it_is(content)) from None


def read_beginning(content: Content, size: int = LONGEST_BEGINNING) -> bytes:
    """The first bytes."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(size)
    content.seek(0)
    return content.read(size)


def read_bytes(content: Content) -> bytes:
    """All bytes."""
    return read_beginning(content, -1)


def _what_it_is(content: Content) -> str:
    beginning = read_beginning(content)
    if not beginning:
        return "it is empty"
    if beginning[4:8] == b"ftyp" and beginning[8:12] in HEIC_BRANDS and HEIF not in readable_formats():
        return "it is HEIC: pip install pillow-heif"
    known = (what for mark, what in BEGINNINGS.items() if beginning.lower().startswith(mark.lower()))
    return next(known, "its format is not known")
