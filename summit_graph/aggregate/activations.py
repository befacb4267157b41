"""Top channels of an image in one layer (paper 5.1), on any device."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.records import Parameters


def count_activations(largest: Tensor, counts: Tensor, parameters: Parameters, excluded: list[int]) -> None:
    """Add 1 for each image and each of its top channels in one layer.

    Args:
        largest: float32 (images, channels), each channel's maximum over space.
        counts: int32 (channels,), added to.
        parameters: how many channels are taken.
        excluded: the layer's channels that are left out.
    """
    activations = largest.clamp_min(0)
    if excluded:
        activations[:, excluded] = 0
    if parameters.mass is not None:
        top = select_by_mass(activations, parameters.mass)
    else:
        assert parameters.top_activations is not None
        top = select_largest(activations, parameters.top_activations)
    counts += top.sum(0, dtype=counts.dtype)


def select_by_mass(activations: Tensor, mass: float) -> Tensor:
    """Method 2: the largest activations until their cumulative sum reaches ``mass`` times the total.

    Args:
        activations: float32 (images, channels), not negative; 0 for excluded channels.
        mass: share p of each image's total.

    Returns:
        bool (images, channels): selected. Ties go to the lower index; zeros are never selected.
    """
    values, order = activations.double().sort(dim=1, descending=True, stable=True)
    cumulated = values.cumsum(1)
    before = functional.pad(cumulated[:, :-1], (1, 0))
    taken = (before < mass * cumulated[:, -1:]) & (values > 0)
    return torch.zeros_like(taken).scatter_(1, order, taken)


def select_largest(activations: Tensor, number: int) -> Tensor:
    """Method 1: the ``number`` largest activations.

    Args:
        activations: float32 (images, channels), not negative; 0 for excluded channels.

    Returns:
        bool (images, channels): selected. Ties go to the lower index; zeros are never selected.
    """
    values, order = activations.sort(dim=1, descending=True, stable=True)
    taken = values > 0
    taken[:, number:] = False
    return torch.zeros_like(taken).scatter_(1, order, taken)
