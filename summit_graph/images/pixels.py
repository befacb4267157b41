"""One file -> uint8 pixels (crop, crop, 3), or the reason why it does not decode.

Pillow resizes and crops as the model's input rule says. The result equals torchvision's ``Resize`` and
``CenterCrop`` on PIL images, pixel by pixel (SPEC 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summit_graph.errors import UnreadableImageError
from summit_graph.images.decoding import decode_image
from summit_graph.images.files import File, Skipped, name_of, open_file, readable_name, unreadable
from summit_graph.images.input_rule import IMAGENET_INPUT, InputRule

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pillow's limit on decoded pixels; very thin images would exceed it when resized.
MOST_PIXELS = 178_956_970


def read_pixels(
    file: File | Path, *, root: Path = Path(), rule: InputRule = IMAGENET_INPUT
) -> NDArray[np.uint8]:
    """One image before normalization: uint8 (crop, crop, 3), RGB.

    Args:
        file: a path, or a file of a dataset.
        root: the folder that it is relative to.
        rule: how it is resized and cropped; 256 and 224 pixels by default.

    Raises:
        UnreadableImageError: the file does not decode completely; the message is only the reason.
    """
    return np.asarray(_resized_and_cropped(decode_image(open_file(root, file)), rule))


class Batch(NamedTuple):
    """A batch of decoded images.

    Attributes:
        pixels: uint8 (images, crop, crop, 3), RGB, of the files that decode.
        numbers: their positions in the list of files.
        skipped: the files that do not decode.
    """

    pixels: NDArray[np.uint8]
    numbers: list[int]
    skipped: list[Skipped]


def read_batch(
    root: Path, files: Sequence[File], *, skip_bad: bool, rule: InputRule = IMAGENET_INPUT
) -> Batch:
    """Decode files in order.

    Args:
        root: the dataset's root folder.
        files: files relative to it.
        skip_bad: list files that do not decode in ``skipped`` instead of raising.
        rule: how they are resized and cropped; 256 and 224 pixels by default.

    Raises:
        UnreadableImageError: without ``skip_bad``, for the first file that does not decode.
    """
    pictures, skipped = {}, []
    for number, file in enumerate(files):
        try:
            pictures[number] = read_pixels(file, root=root, rule=rule)
        except UnreadableImageError as error:
            if not skip_bad:
                raise unreadable(root, Skipped(name_of(file), str(error))) from None
            skipped.append(Skipped(readable_name(name_of(file)), str(error)))
    empty = np.empty((0, rule.crop, rule.crop, 3), np.uint8)
    return Batch(np.stack(list(pictures.values())) if pictures else empty, list(pictures), skipped)


def resized_shape(width: int, height: int, *, side: int = IMAGENET_INPUT.resize) -> tuple[int, int]:
    """Width and height after ``Resize(side)``: the short side is ``side``, the long side is rounded down."""
    short, long = min(width, height), max(width, height)
    longer = side * long // short
    return (side, longer) if width <= height else (longer, side)


def _resized_and_cropped(image: Image, rule: InputRule) -> Image:
    from PIL import Image

    side = rule.resize
    width, height = (side, side) if rule.squash else resized_shape(*image.size, side=side)
    if width * height > MOST_PIXELS:
        raise UnreadableImageError(f"it is too thin, {image.size[0]}x{image.size[1]} pixels")
    resized = image.resize((width, height), Image.Resampling[rule.interpolation.upper()])
    left, top = round((width - rule.crop) / 2), round((height - rule.crop) / 2)
    return resized.crop((left, top, left + rule.crop, top + rule.crop))
