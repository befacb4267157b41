"""Datasets by name: fetched once through torchvision, which checks their hashes, into the user's home."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from summit_graph.errors import SummitGraphError
from summit_graph.settings import Home

#: Ten easy classes of ImageNet, by the size that torchvision calls them.
IMAGENETTE_SIZES = {"imagenette": "full", "imagenette-320px": "320px", "imagenette-160px": "160px"}


def find_images(source: Path, *, on_message: Callable[[str], None] = lambda text: None) -> Path:
    """Where the images are: the path itself, or, for a known name that is no path, its training images.

    Args:
        source: a path, or ``imagenette``, ``imagenette-320px`` or ``imagenette-160px``.
        on_message: told before something large is fetched.

    Raises:
        SummitGraphError: the dataset cannot be fetched.
    """
    name = str(source)
    if source.exists() or name not in IMAGENETTE_SIZES:
        return source
    folder = Home().datasets / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{name}.lock"):
        if not folder.is_dir():
            on_message(f"Fetching {name} into {folder}.")
            _fetch_imagenette(IMAGENETTE_SIZES[name], folder)
    return folder


def _fetch_imagenette(size: str, folder: Path) -> None:
    """Unpack beside the folder and move it into place, so that it is there whole or not at all."""
    from torchvision.datasets import Imagenette

    staged = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        Imagenette(staged, split="train", size=size, download=True)
    except (OSError, RuntimeError) as error:  # no network; another hash
        raise SummitGraphError(
            f"{folder.name} cannot be fetched ({str(error).splitlines()[0]}): unpack it yourself and name "
            "its folder train"
        ) from None
    next(staged.glob("*/train")).rename(folder)
    shutil.rmtree(staged)
