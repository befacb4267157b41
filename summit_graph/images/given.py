"""Images that Python gives: a path, or for each class its files or arrays."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from summit_graph.errors import UsageError
from summit_graph.images.datasets import Dataset, read_dataset
from summit_graph.images.downloads import find_images

#: A folder, tar or list, as of ``read_dataset``, or class -> its files, pictures or arrays.
Images: TypeAlias = "str | Path | Mapping[str, Iterable[Any]]"

LIST, ARRAYS = "images.csv", "arrays"


def read_given(images: Images, folder: Path) -> Dataset:
    """The dataset of the given images.

    Args:
        images: an array is uint8 of (height, width, 3); a picture is one of Pillow's.
        folder: where a list of the files is written, and arrays and pictures as PNG files.

    Raises:
        UsageError: an array has another form.
        SummitGraphError: as of ``read_dataset``.
    """
    if isinstance(images, str | Path):
        return read_dataset(find_images(Path(images)))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LIST).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "class"))
        for at, (name, given) in enumerate(images.items()):
            for number, one in enumerate(given):
                rows.writerow((_path_of(one, folder / ARRAYS / f"{at}-{number:06}.png"), name))
    return read_dataset(folder / LIST)


def _path_of(image: Any, file: Path) -> Path:
    """The image's path; an array or picture is written to the file."""
    if isinstance(image, str | Path):
        return Path(image).absolute()
    pixels = np.asarray(image.convert("RGB") if isinstance(image, Image.Image) else image)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise UsageError(
            "an image is a path, a picture of Pillow, or a uint8 array of (height, width, 3), not "
            f"{pixels.dtype} of {pixels.shape}"
        )
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(file)
    return file
