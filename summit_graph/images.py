"""A folder of class folders -> the 224x224 pictures that the model sees, good and bad files told apart.

The tree is an ImageFolder: ``<root>/<class>/…/<image>``. Decoding, resizing and cropping are Pillow's alone
and follow torchvision's ``Resize(256)`` and ``CenterCrop(224)`` on PIL images to the pixel (SPEC 2).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_graph.errors import SummitGraphError, UnknownNameError, UnreadableImageError

#: The short side after resizing, and the side of the square cut from the middle.
RESIZED_SIDE, CROPPED_SIDE = 256, 224
#: Pictures so thin that resizing would need more pixels than Pillow ever decodes are refused.
MOST_PIXELS = 178_956_970


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file (or a whole class) that was left out; ``file`` is relative to the dataset's root."""

    file: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """As it stands in a manifest."""
        return {"file": self.file, "reason": self.reason}


@dataclass(frozen=True)
class Dataset:
    """A dataset: its root folder and, per class in sorted order, the files relative to the root."""

    root: Path
    classes: Mapping[str, Sequence[str]]

    @property
    def name(self) -> str:
        """The root folder's name."""
        return self.root.resolve().name

    def __len__(self) -> int:
        return sum(map(len, self.classes.values()))


def read_dataset(root: Path, *, only: Sequence[str] | None = None) -> Dataset:
    """List the classes of an ImageFolder tree and their files, all sorted; nothing is decoded.

    Names that begin with a dot are ignored, and so are files beside the class folders. Linked folders are
    followed, each real folder once per class.

    Args:
        root: the folder of class folders.
        only: these classes alone.

    Raises:
        SummitGraphError: the folder is missing or has no class folders.
        UnknownNameError: a class of ``only`` is not there.
    """
    if not root.is_dir():
        raise SummitGraphError(f"{root} is not a folder: name one that holds a folder per class")
    names = sorted(entry.name for entry in _entries(root) if entry.is_dir())
    if not names:
        raise SummitGraphError(f"{root} has no class folders: put images into {root}/CLASS/")
    for name in only or ():
        if name not in names:
            raise UnknownNameError(f"{root} has no class folder {name!r}")
    for name in names:
        _check_name(name, root)
    chosen = [name for name in names if only is None or name in only]
    return Dataset(root, {name: _files_below(root, name) for name in chosen})


def read_pixels(file: Path) -> NDArray[np.uint8]:
    """One picture as the model sees it, before normalization: uint8 (224, 224, 3), red, green, blue.

    Raises:
        UnreadableImageError: the file does not decode whole as an image; the message is the reason alone.
    """
    from PIL import Image, ImageOps

    if not file.is_file():
        raise UnreadableImageError("it is a broken link" if file.is_symlink() else "it is no regular file")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as image:
            image.load()
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except MemoryError:
        raise
    except Exception as error:  # Pillow's plugins raise whatever a damaged file makes them trip over
        raise UnreadableImageError(_reason(error, file)) from None
    return np.asarray(_resized_and_cropped(upright))


def read_batch(
    root: Path, files: Sequence[str], *, skip_bad: bool
) -> tuple[NDArray[np.uint8], list[Skipped]]:
    """The pictures that decode, (images, 224, 224, 3), in the files' order, and those that do not.

    Raises:
        UnreadableImageError: without ``skip_bad``, the first file that does not decode.
    """
    pictures, skipped = [], []
    for file in files:
        try:
            pictures.append(read_pixels(root / file))
        except UnreadableImageError as error:
            if not skip_bad:
                raise unreadable(root, Skipped(file, str(error))) from None
            skipped.append(Skipped(readable_name(file), str(error)))
    empty = np.empty((0, CROPPED_SIDE, CROPPED_SIDE, 3), np.uint8)
    return np.stack(pictures) if pictures else empty, skipped


def unreadable(root: Path, skipped: Skipped) -> UnreadableImageError:
    """The error that names a bad file and the way around it."""
    return UnreadableImageError(
        f"{readable_name(str(root / skipped.file))} does not decode as an image ({skipped.reason}): "
        "mend or remove it, or leave such files out with --skip-bad"
    )


def readable_name(file: str) -> str:
    """A file's name as valid Unicode, for messages and manifests."""
    return os.fsencode(file).decode("utf-8", "replace")


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


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _check_name(name: str, root: Path) -> None:
    if readable_name(name) != name:
        raise SummitGraphError(
            f"class folder {readable_name(name)!r} in {root} is not named in UTF-8: rename it"
        )


def _files_below(root: Path, class_name: str) -> list[str]:
    """Every file of a class, relative to the root with ``/``, sorted part by part."""
    found: list[str] = []
    seen: set[str] = set()
    folders = [class_name]
    while folders:
        folder = folders.pop()
        real = os.path.realpath(root / folder)
        if real in seen:  # a link that leads back up
            continue
        seen.add(real)
        for entry in _entries(root / folder):
            path = f"{folder}/{entry.name}"
            (folders if entry.is_dir() else found).append(path)
    return sorted(found, key=lambda path: path.split("/"))


def _reason(error: Exception, file: Path) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is empty" if file.stat().st_size == 0 else "its format is not known"
    text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return text.replace(str(file), file.name)
