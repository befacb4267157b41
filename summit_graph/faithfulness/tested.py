"""Images of one class whose log-odds are measured with channels replaced."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.aggregate.gradients import log_odds, outputs_of
from summit_graph.faithfulness.replacement import BATCH, Kept, Replacement

Floats = NDArray[np.float64]


class TestedImages:
    """The images' values of the first layer and the output that is tested on each image.

    Args:
        replacement: the model.
        pixels: uint8 (images, height, width, 3).
        output: the class's output; None for the one that is predicted for each image.
    """

    def __init__(self, replacement: Replacement, pixels: NDArray[np.uint8], output: int | None) -> None:
        self.replacement = replacement
        self.first = torch.cat([replacement.first_values(pixels[rows]) for rows in _parts(len(pixels))])
        parts = [replacement.logits(self.first[rows]) for rows in _parts(len(pixels))]
        self.outputs = outputs_of(torch.cat(parts), output)

    def log_odds(self, kept: Kept | None = None) -> Floats:
        """float64 (images,), with the channels replaced that are not kept; by default all are kept."""
        found = []
        for rows in _parts(len(self.first)):
            logits = self.replacement.logits(self.first[rows], kept and _of_images(kept, rows))
            found.append(log_odds(logits.double(), self.outputs[rows]).cpu().numpy())
        return np.concatenate(found)


def _of_images(kept: Kept, rows: slice) -> Kept:
    return {layer: one if one.ndim == 1 else one[rows] for layer, one in kept.items()}


def _parts(images: int) -> Iterator[slice]:
    for start in range(0, images, BATCH):
        yield slice(start, start + BATCH)
