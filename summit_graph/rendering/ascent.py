"""Feature visualizations (paper 6.3): pictures with a high activation of a channel, by gradient ascent.

1. A picture is initialized with a random spectrum of small amplitude (``spectra``).
2. In each step a randomly transformed window of it passes through the network up to the channel's layer, and
   Adam increases the channel's mean before its ReLU. In the first steps no ReLU may block a picture's whole
   gradient: otherwise a channel that is inactive at first would never change.
3. A channel's diversity images are optimized together, with a penalty for similarity in the maps that lead
   to the layer.

Each picture has its own random generator, seeded with the seed, its channel and its kind. It therefore does
not depend on the other pictures of its batch, except for rounding differences that grow during ascent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.pictures.index import DIVERSITY_KINDS, MAIN_KIND
from summit_graph.records import Channel
from summit_graph.rendering.maps import ChannelMaps
from summit_graph.rendering.spectra import (
    draw_motions,
    draw_spectra,
    frequency_weights,
    moved,
    pictures_of,
)


@dataclass(frozen=True)
class Ascent:
    """Parameters of gradient ascent; other values give other pictures.

    Attributes:
        side: side of the picture in pixels.
        window: side in pixels of the window that the network processes in one step.
        steps: steps of Adam, with this ``learning_rate``.
        waking_steps: first steps, in which no ReLU blocks a picture's whole gradient.
        shift, degrees, zoom: random transformation of the window (``spectra.draw_motions``).
        diversity: weight of the similarity of diversity images, relative to the channel's activation.
        coarse: convolve in bfloat16: twice as fast on processors that support it, with other pictures of the
            same quality.
    """

    side: int = 128
    window: int = 112
    steps: int = 96
    learning_rate: float = 0.1
    waking_steps: int = 16
    shift: float = 1 / 16
    degrees: float = 5.0
    zoom: float = 0.05
    diversity: float = 2.0
    coarse: bool = False


def render_channels(
    maps: ChannelMaps, channels: Sequence[Channel], *, seed: int = 0, ascent: Ascent | None = None
) -> NDArray[np.uint8]:
    """One picture per channel, all channels of one layer: uint8 (channels, side, side, 3)."""
    draws = [_generator(seed, channel, MAIN_KIND) for channel in channels]
    return _climb(maps, list(channels), draws, ascent or Ascent(), together=1)


def render_diversity(
    maps: ChannelMaps, channels: Sequence[Channel], *, seed: int = 0, ascent: Ascent | None = None
) -> NDArray[np.uint8]:
    """Four dissimilar pictures per channel, all channels of one layer: uint8 (channels, 4, side, side, 3)."""
    kinds = DIVERSITY_KINDS
    repeated = [channel for channel in channels for _ in kinds]
    draws = [_generator(seed, channel, kind) for channel in channels for kind in kinds]
    pixels = _climb(maps, repeated, draws, ascent or Ascent(), together=len(kinds))
    return pixels.reshape(len(channels), len(kinds), *pixels.shape[1:])


def likeness(maps: Tensor) -> Tensor:
    """Similarity of the pictures of each group, from 0 to 1.

    This is the mean cosine between the pictures' Gram matrices, which describe texture and not position;
    computed over positions, as <Z Zᵀ, Y Yᵀ> = |Zᵀ Y|², if there are fewer of them than channels.

    Args:
        maps: float32 (groups, pictures, channels, h, w).

    Returns:
        float32 (groups,).
    """
    pictures = maps.shape[1]
    flat = maps.flatten(3)  # (groups, pictures, channels, positions)
    products = _over_positions(flat) if flat.shape[2] > flat.shape[3] else _over_channels(flat)
    norms = products.diagonal(dim1=1, dim2=2).sqrt() + 1e-12
    cosines = products / (norms[:, :, None] * norms[:, None])
    off_diagonal = 1 - torch.eye(pictures, device=maps.device)
    return (cosines * off_diagonal).sum((1, 2)) / (pictures * (pictures - 1))


def _over_channels(maps: Tensor) -> Tensor:
    """<Z Zᵀ, Y Yᵀ> of each pair of a group's pictures, (groups, pictures, pictures)."""
    grams = (maps @ maps.transpose(2, 3)).flatten(2)
    return grams @ grams.transpose(1, 2)


def _over_positions(maps: Tensor) -> Tensor:
    """The same without a matrix of channels by channels."""
    groups, pictures, _, positions = maps.shape
    features = maps.transpose(1, 2).flatten(2)  # (groups, channels, pictures · positions)
    products = (features.transpose(1, 2) @ features).square()
    return products.reshape(groups, pictures, positions, pictures, positions).sum((2, 4))


def _climb(
    maps: ChannelMaps,
    channels: list[Channel],
    draws: list[torch.Generator],
    ascent: Ascent,
    *,
    together: int,
) -> NDArray[np.uint8]:
    spectra = draw_spectra(draws, ascent.side).to(maps.device).requires_grad_()
    weights = frequency_weights(ascent.side).to(maps.device)
    motions = draw_motions(
        draws, ascent.steps, shift=ascent.shift, degrees=ascent.degrees, zoom=ascent.zoom
    ).to(maps.device)
    adam = torch.optim.Adam([spectra], lr=ascent.learning_rate)
    for step in range(ascent.steps):
        adam.zero_grad()
        window = moved(pictures_of(spectra, weights), motions[step], ascent.window)
        with torch.autocast(maps.device.type, torch.bfloat16, enabled=ascent.coarse):
            excited, below = maps(window, channels, wake_dead=step < ascent.waking_steps)
        _loss(excited.float(), below.float(), together, ascent).backward()
        adam.step()
    with torch.no_grad():
        pixels = pictures_of(spectra, weights).mul(255).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).cpu().numpy()


def _loss(excited: Tensor, below: Tensor, together: int, ascent: Ascent) -> Tensor:
    """The sum over pictures, so that each picture's gradient is independent of the batch."""
    loss = -excited.mean((1, 2)).sum()
    if together > 1:
        size = excited.detach().abs().mean((1, 2)).reshape(-1, together).mean(1)
        alike = likeness(below.reshape(-1, together, *below.shape[1:]))
        loss = loss + (ascent.diversity * together * size * alike).sum()
    return loss


def _generator(seed: int, channel: Channel, kind: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed} {channel} {kind}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
