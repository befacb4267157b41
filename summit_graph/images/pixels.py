"""One file -> the 224x224 picture that the model sees, or the reason why it is none.

Resizing and cropping are Pillow's alone and follow torchvision's ``Resize(256)`` and ``CenterCrop(224)`` on
PIL images to the pixel (SPEC 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summit_graph.errors import UnreadableImageError
from summit_graph.images.decoding import decode_image
from summit_graph.images.files import File, Skipped, name_of, open_file, readable_name, unreadable

#: The short side after resizing, and the side of the square cut from the middle.
RESIZED_SIDE, CROPPED_SIDE = 256, 224
#: Pictures so thin that resizing would need more pixels than Pillow ever decodes are refused.
MOST_PIXELS = 178_956_970


def read_pixels(file: File | Path, *, root: Path = Path()) -> NDArray[np.uint8]:
    """One picture as the model sees it, before normalization: uint8 (224, 224, 3), red, green, blue.

    Args:
        file: a path, or a dataset's file.
        root: what it is relative to.

    Raises:
        UnreadableImageError: the file does not decode whole as an image; the message is the reason alone.
    """
    return np.asarray(_resized_and_cropped(decode_image(open_file(root, file))))


class Batch(NamedTuple):
    """The pictures that decode, (images, 224, 224, 3), which of the files they are, and those that do not."""

    pixels: NDArray[np.uint8]
    numbers: list[int]
    skipped: list[Skipped]


def read_batch(root: Path, files: Sequence[File], *, skip_bad: bool) -> Batch:
    """Decode some files, in their order.

    Raises:
        UnreadableImageError: without ``skip_bad``, the first file that does not decode.
    """
    pictures, skipped = {}, []
    for number, file in enumerate(files):
        try:
            pictures[number] = read_pixels(file, root=root)
        except UnreadableImageError as error:
            if not skip_bad:
                raise unreadable(root, Skipped(name_of(file), str(error))) from None
            skipped.append(Skipped(readable_name(name_of(file)), str(error)))
    empty = np.empty((0, CROPPED_SIDE, CROPPED_SIDE, 3), np.uint8)
    return Batch(np.stack(list(pictures.values())) if pictures else empty, list(pictures), skipped)


def resized_shape(width: int, height: int) -> tuple[int, int]:
    """Width and height after ``Resize(256)``: the short side 256, the long one rounded down."""
    short, long = min(width, height), max(width, height)
    longer = RESIZED_SIDE * long // short
    return (RESIZED_SIDE, longer) if width <= height else (longer, RESIZED_SIDE)


def _resized_and_cropped(image):  # type: ignore[no-untyped-def]  # Pillow is imported only where it is used
    from PIL import Image

    width, height = resized_shape(*image.size)
    if width * height > MOST_PIXELS:
        raise UnreadableImageError(f"it is too thin, {image.size[0]}x{image.size[1]} pixels")
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - CROPPED_SIDE) / 2), round((height - CROPPED_SIDE) / 2)
    return resized.crop((left, top, left + CROPPED_SIDE, top + CROPPED_SIDE))
