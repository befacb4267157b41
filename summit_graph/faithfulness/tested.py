"""Images of one class whose log-odds are measured with channels replaced."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.gradients import log_odds, outputs_of
from summit_graph.aggregate.memory import compute_in_parts
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
        self.first = in_batches(
            lambda rows: replacement.first_values(pixels[rows]), len(pixels), replacement.device
        )
        logits = in_batches(
            lambda rows: replacement.logits(self.first[rows]), len(pixels), replacement.device
        )
        self.outputs = outputs_of(logits, output)

    def log_odds(self, kept: Kept | None = None) -> Floats:
        """float64 (images,), with the channels replaced that are not kept; by default all are kept."""

        def logits(rows: slice) -> Tensor:
            return self.replacement.logits(self.first[rows], kept and _of_images(kept, rows))

        return log_odds_in_batches(logits, self.outputs)


def log_odds_in_batches(logits: Callable[[slice], Tensor], outputs: Tensor) -> Floats:
    """float64 (images,).

    Args:
        logits: of some of the images, (images, outputs).
        outputs: int64 (images,), the output that is tested on each image.
    """
    found = in_batches(
        lambda rows: log_odds(logits(rows).double(), outputs[rows]), len(outputs), outputs.device
    )
    return found.cpu().numpy()


def in_batches(compute: Callable[[slice], Tensor], images: int, device: torch.device) -> Tensor:
    """What a model computes of some of the images, of all images; fewer at a time on a full GPU."""
    return compute_in_parts(compute, images, together=BATCH, device=device)


def _of_images(kept: Kept, rows: slice) -> Kept:
    return {layer: one if one.ndim == 1 else one[rows] for layer, one in kept.items()}
