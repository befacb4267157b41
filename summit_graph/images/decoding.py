"""The bytes of an image -> an upright 8-bit RGB picture, or the reason why it is rejected (SPEC 2).

1.  Open it as one of the supported formats (``formats``) and decode it completely. Every error that a decoder
    reports rejects the file, even if the decoder continues (``libtiff_errors``).
2.  Convert its colours to RGB (``colours``) and apply its EXIF orientation. Unreadable metadata counts as
    missing.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from summit_graph.errors import UnreadableImageError, first_line
from summit_graph.images import png
from summit_graph.images.colours import to_rgb
from summit_graph.images.formats import Content, open_image, read_beginning, read_bytes
from summit_graph.images.libtiff_errors import FAX_CODES, collected_errors, errors_are_collected

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose
    from PIL.ImageFile import ImageFile

ORIENTATION, UPRIGHT = 0x0112, 1  # EXIF tag and its default value
SUBFILE_TYPE, REDUCED = 254, 1  # TIFF tag, and the bit that marks a preview


def decode_image(content: Content) -> Image:
    """Decode a file or its bytes to an upright RGB image; of several images, the first.

    Raises:
        UnreadableImageError: it does not decode completely; the message is only the reason.
    """
    try:
        return _decode(content)
    except UnreadableImageError as error:
        reason = error
    for bare in _without_metadata(content):
        try:
            return _decode(io.BytesIO(bare))
        except UnreadableImageError:
            continue
    raise reason


def _decode(content: Content) -> Image:
    try:
        with warnings.catch_warnings(action="ignore"), open_image(content) as image:
            _load(image)
            picture, turn = to_rgb(image), _turn(image)
            return picture if turn is None else picture.transpose(turn)
    except (MemoryError, UnreadableImageError):
        raise
    except Exception as error:  # Pillow's plugins raise many types of errors for damaged files
        raise UnreadableImageError(_reason(error, content)) from None


def _load(image: ImageFile) -> None:
    if image.format == "TIFF":
        _load_tiff(image)
    else:
        image.load()


def _load_tiff(image: ImageFile) -> None:
    if image.tag_v2.get(SUBFILE_TYPE, 0) & REDUCED:  # type: ignore[attr-defined]  # only TIFF images have it
        raise UnreadableImageError("its first page is only a preview, as in a camera's raw file: convert it")
    if image.info.get("compression") in FAX_CODES and not errors_are_collected():
        raise UnreadableImageError("it is fax-coded, and this Pillow does not report damage: convert it")
    with collected_errors() as errors:
        try:
            image.load()
        except OSError:  # its message is only libtiff's error number
            if not errors:
                raise
    if errors:
        raise UnreadableImageError(f"its decoder reports: {errors[0]}")


def _turn(image: ImageFile) -> Transpose | None:
    """The transposition that makes the image upright; None if its metadata is missing or unreadable."""
    from PIL.Image import Transpose

    try:
        orientation = image.getexif().get(ORIENTATION, UPRIGHT)
    except MemoryError:
        raise
    except Exception:  # damaged metadata raises many types of errors
        return None
    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)


def _without_metadata(content: Content) -> Iterator[bytes]:
    """A PNG with only its orientation, then with no metadata: Pillow rejects damaged or large metadata."""
    try:
        whole = read_bytes(content) if _is_png(content) else b""
    except OSError:  # the caller already has the reason
        return
    if whole:
        yield png.critical_chunks(whole, keep=png.has_orientation)
        yield png.critical_chunks(whole)


def _is_png(content: Content) -> bool:
    return read_beginning(content, len(png.SIGNATURE)) == png.SIGNATURE


def _reason(error: Exception, content: Content) -> str:
    text = first_line(error)
    return text.replace(str(content), content.name) if isinstance(content, Path) else text
