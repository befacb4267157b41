"""Images are counted fewer at a time where the memory of a GPU is too small for all of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from summit_graph.errors import UsageError


def add_in_parts(
    add: Callable[[slice], None],
    images: int,
    *,
    together: int,
    keep: Callable[[], Callable[[], None]],
    device: torch.device,
) -> int:
    """Add images, ``together`` at a time, or half as many whenever they do not fit.

    Args:
        add: adds some of the images.
        keep: remembers what is added so far; returns what restores it.

    Returns:
        How many images at a time fit.

    Raises:
        UsageError: one image does not fit.
    """
    start = 0
    while start < images:
        restore = keep()
        part = slice(start, min(start + together, images))
        try:
            add(part)
        except torch.OutOfMemoryError as error:
            if part.stop - start == 1:
                raise UsageError(
                    f"{device} has too little free memory for one image: use --device cpu"
                ) from error
        else:
            start = part.stop
            continue
        restore()
        together = -(-(part.stop - start) // 2)
    return together


def compute_in_parts(
    compute: Callable[[slice], Tensor], images: int, *, together: int, device: torch.device
) -> Tensor:
    """What ``compute`` returns for some of the images, of all images: (images, …); as ``add_in_parts``."""
    found: list[Tensor] = []

    def add(part: slice) -> None:
        found.append(compute(part))

    add_in_parts(add, images, together=together, keep=lambda: _nothing, device=device)
    return torch.cat(found)


def _nothing() -> None:
    """Nothing is to be restored: a part that did not fit has added nothing."""
