"""The only place that opens images: by content, and only in the formats below.

By default Pillow opens every format that it recognizes, and for some (EPS) it runs another program.
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

#: Pillow's names of the formats -> the modules that read them. MPO is opened as JPEG.
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
#: HEIC needs another package.
HEIF, HEIF_PACKAGE = "HEIF", "pillow_heif"
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

#: The first bytes of files that cannot be opened -> the reason.
SIGNATURES = {
    b"\xff\xd8\xff": "it starts as a JPEG, but is damaged",
    b"\x89PNG": "it starts as a PNG, but is damaged",
    b"GIF8": "it starts as a GIF, but is damaged",
    b"II*\0": "it is a damaged TIFF, or its pixel type is not supported: convert it to 8 bits",
    b"MM\0*": "it is a damaged TIFF, or its pixel type is not supported: convert it to 8 bits",
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
LONGEST_SIGNATURE = 32


@cache
def readable_formats() -> tuple[str, ...]:
    """The formats that can be opened on this machine, the most common first."""
    from PIL import Image

    logging.getLogger("PIL").addHandler(logging.NullHandler())  # it prints errors that it also raises
    for module in PLUGINS.values():
        if find_spec(module):  # older versions of Pillow have no AVIF
            import_module(module)
    formats = tuple(name for name in PLUGINS if name in Image.OPEN)
    if find_spec(HEIF_PACKAGE):
        import_module(HEIF_PACKAGE).register_heif_opener()
        return (*formats, HEIF)
    return formats


def open_image(content: Content) -> ImageFile:
    """Open an image without decoding its pixels.

    Raises:
        UnreadableImageError: it has none of the formats; the message is only the reason.
        Exception: other errors that Pillow raises for damaged files.
    """
    from PIL import Image, ImageFile, UnidentifiedImageError

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # other code in the process may have set it to True
    try:
        return Image.open(content, formats=readable_formats())
    except UnidentifiedImageError:
        raise UnreadableImageError(_reason(content)) from None


def read_beginning(content: Content, size: int = LONGEST_SIGNATURE) -> bytes:
    """The first ``size`` bytes."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(size)
    content.seek(0)
    return content.read(size)


def read_bytes(content: Content) -> bytes:
    """All bytes."""
    return read_beginning(content, -1)


def _reason(content: Content) -> str:
    """Why a file that Pillow does not recognize is rejected."""
    beginning = read_beginning(content)
    if not beginning:
        return "it is empty"
    if beginning[4:8] == b"ftyp" and beginning[8:12] in HEIC_BRANDS and HEIF not in readable_formats():
        return "it is HEIC: pip install pillow-heif"
    known = (reason for first, reason in SIGNATURES.items() if beginning.lower().startswith(first.lower()))
    return next(known, "its format is unknown")
