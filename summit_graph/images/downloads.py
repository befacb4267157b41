"""Datasets by name, downloaded once into the user's home; torchvision downloads them and checks hashes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from summit_graph.errors import SummitGraphError, first_line
from summit_graph.settings import Home
from summit_graph.system.own_folders import make_private_folder, replaced_own_folder

#: Imagenette (ten classes of ImageNet): our names -> torchvision's sizes.
IMAGENETTE_SIZES = {"imagenette": "full", "imagenette-320px": "320px", "imagenette-160px": "160px"}


def find_images(source: Path, *, on_message: Callable[[str], None] = lambda text: None) -> Path:
    """The path itself, or, if it does not exist and is a known name, the folder of its training images.

    Args:
        source: a path, or ``imagenette``, ``imagenette-320px`` or ``imagenette-160px``.
        on_message: called with a message before a download.

    Raises:
        SummitGraphError: the download failed.
    """
    name = str(source)
    if source.exists() or name not in IMAGENETTE_SIZES:
        return source
    folder = make_private_folder(Home().datasets) / name
    with FileLock(folder.parent / f"{name}.lock"):
        if not folder.is_dir():
            on_message(f"Downloading {name} to {folder}.")
            _download_imagenette(IMAGENETTE_SIZES[name], folder)
    return folder


def _download_imagenette(size: str, folder: Path) -> None:
    """Make ``folder`` of the training images; it is complete or missing."""
    from torchvision.datasets import Imagenette

    with replaced_own_folder(folder) as staged:
        archive = staged / "archive"
        try:
            Imagenette(archive, split="train", size=size, download=True)
        except (OSError, RuntimeError) as error:  # no network; wrong hash
            raise SummitGraphError(
                f"{folder.name} cannot be downloaded ({first_line(error)}): unpack it yourself and give "
                "its folder train"
            ) from None
        for images in next(archive.glob("*/train")).iterdir():
            images.rename(staged / images.name)
        shutil.rmtree(archive)
