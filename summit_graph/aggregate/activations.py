"""Which channels of a layer are an image's top channels (paper 5.1), on any device."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.model.architecture import MixedMaps
from summit_graph.records import Parameters


def count_activations(maps: MixedMaps, counts: Tensor, parameters: Parameters) -> None:
    """Add each image's top channels of one mixed layer to ``counts``, int32 (channels,)."""
    activations = maps.output.amax((2, 3))  # (images, channels)
    activations[:, parameters.excluded_in(maps.name)] = 0
    if parameters.mass is not None:
        top = select_by_mass(activations, parameters.mass)
    else:
        assert parameters.top_activations is not None
        top = select_largest(activations, parameters.top_activations)
    counts += top.sum(0, dtype=counts.dtype)


def select_by_mass(activations: Tensor, mass: float) -> Tensor:
    """Method 2: from the largest down until their cumulated mass is at least ``mass`` times the sum.

    Args:
        activations: float32 (images, channels), none negative; left-out channels are 0.
        mass: share p of each image's sum.

    Returns:
        bool (images, channels): taken. Equal ones are taken from the lowest index; zeros never.
    """
    values, order = activations.double().sort(dim=1, descending=True, stable=True)
    cumulated = values.cumsum(1)
    before = functional.pad(cumulated[:, :-1], (1, 0))
    taken = (before < mass * cumulated[:, -1:]) & (values > 0)
    return torch.zeros_like(taken).scatter_(1, order, taken)


def select_largest(activations: Tensor, number: int) -> Tensor:
    """Method 1: the ``number`` largest, equal ones from the lowest index, zeros never; bool like above."""
    values, order = activations.sort(dim=1, descending=True, stable=True)
    taken = values > 0
    taken[:, number:] = False
    return torch.zeros_like(taken).scatter_(1, order, taken)
