"""Any Pillow mode -> 8-bit RGB (SPEC 2).

``convert("RGB")`` is correct for all modes except those with more than 8 bits, where it clips every value
above 255 to white. 16-bit grey keeps its high byte; 16-bit grey in a PPM is scaled. Pillow treats 16-bit
colours in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from summit_graph.errors import UnreadableImageError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

BITS_PER_SAMPLE, PHOTOMETRIC = 258, 262  # TIFF tags
WHITE_IS_ZERO = 0


def to_rgb(image: ImageFile) -> Image:
    """The image in 8-bit RGB; alpha is dropped.

    Raises:
        UnreadableImageError: the pixels are floats, signed or 32-bit numbers; what is white is undefined.
    """
    if image.mode.startswith("I;16"):
        return _high_byte(image).convert("RGB")
    if image.mode == "I" and image.format == "PPM":
        return _scaled(image).convert("RGB")
    if image.mode in ("I", "F"):
        numbers = "floating-point numbers" if image.mode == "F" else "signed or 32-bit numbers"
        raise UnreadableImageError(f"its pixels are {numbers} without a range: convert it to 8 or 16 bits")
    return image.convert("RGB")


def _high_byte(image: ImageFile) -> Image:
    """The eight most significant bits of 12-bit or 16-bit grey."""
    from PIL import Image

    tags = getattr(image, "tag_v2", {})
    bits = tags.get(BITS_PER_SAMPLE, (16,))[0]
    grey = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
    inverted = tags.get(PHOTOMETRIC) == WHITE_IS_ZERO
    return Image.fromarray(255 - grey if inverted else grey)


def _scaled(image: ImageFile) -> Image:
    """Pillow scales the values of a PPM to 0 to 65535; scale them to 0 to 255, rounded."""
    from PIL import Image

    return Image.fromarray(((np.asarray(image) + 128) // 257).astype(np.uint8))
