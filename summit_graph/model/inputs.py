"""Decoded pixels as the input of a model's program (SPEC 2)."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from summit_graph.images.input_rule import InputRule


def prepare_input(pixels: Tensor, rule: InputRule) -> Tensor:
    """Pixels as the program's input.

    ``transform_input`` is part of the program, not of this.

    Args:
        pixels: uint8 (images, height, width, 3), RGB.

    Returns:
        float32 (images, 3, height, width), on the same device, in channels-last order.
    """
    colors = pixels.flip(-1) if rule.colors == "BGR" else pixels
    mean, std = (_on_device(one, pixels.device) for one in (rule.mean, rule.std))
    return colors.to(torch.float32).div_(255 / rule.maximum).sub_(mean).div_(std).permute(0, 3, 1, 2)


@lru_cache(maxsize=16)
def _on_device(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Kept, because a copy to a GPU waits for all that runs there."""
    return torch.tensor(values, dtype=torch.float32, device=device)
