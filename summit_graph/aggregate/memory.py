"""Images are counted fewer at a time where the memory of a GPU is too small for all of them."""

from __future__ import annotations

from collections.abc import Callable

import torch

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
                    f"{device} has too little free memory for one image: use another --device"
                ) from error
        else:
            start = part.stop
            continue
        restore()
        together = -(-(part.stop - start) // 2)
    return together
