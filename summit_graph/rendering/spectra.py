"""Pictures as Fourier coefficients in decorrelated colours, and random transformations of pictures.

In this basis a step of gradient ascent changes all frequencies equally, and colours with the statistics of
photographs; on pixels it would add high-frequency noise (Olah, Mordvintsev, Schubert: Feature Visualization,
2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

#: Square root of the colour covariance of ImageNet's photographs; rows are red, green, blue.
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
#: Standard deviation of the initial coefficients, which gives a nearly grey picture.
FIRST_SPREAD = 0.01
#: Scales pictures so that the sigmoid is neither flat nor saturated.
CONTRAST = 0.25


def draw_spectra(draws: Sequence[torch.Generator], side: int) -> Tensor:
    """One initial spectrum per generator, float32 (pictures, 3, side, side // 2 + 1, 2)."""
    shape = (3, side, side // 2 + 1, 2)
    return torch.stack([FIRST_SPREAD * torch.randn(shape, generator=draw) for draw in draws])


def frequency_weights(side: int) -> Tensor:
    """The amplitude of each frequency in photographs, 1 / f, float32 (side, side // 2 + 1)."""
    vertical, horizontal = torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None]
    return side / (vertical.square() + horizontal.square()).sqrt().clamp_min(1 / side)


def pictures_of(spectra: Tensor, weights: Tensor) -> Tensor:
    """The pictures of these spectra.

    Args:
        spectra: float32 (pictures, 3, side, side // 2 + 1, 2).
        weights: float32 (side, side // 2 + 1), of ``frequency_weights``.

    Returns:
        float32 (pictures, 3, side, side), RGB from 0 to 1.
    """
    colours = torch.tensor(COLOURS, device=spectra.device)
    colours = colours / colours.norm(dim=0).max()
    side = weights.shape[0]
    planes = CONTRAST * torch.fft.irfft2(torch.view_as_complex(spectra) * weights, s=(side, side))
    return torch.einsum("nchw,dc->ndhw", planes, colours).sigmoid()


def draw_motions(
    draws: Sequence[torch.Generator], steps: int, *, shift: float, degrees: float, zoom: float
) -> Tensor:
    """Random affine transformations, one per step and picture.

    Args:
        shift: maximum shift in each direction, as a share of the picture's side.
        degrees: maximum rotation in each direction.
        zoom: maximum relative change of scale.

    Returns:
        float32 (steps, pictures, 2, 3), for ``affine_grid``.
    """
    drawn = torch.stack([torch.rand((steps, 4), generator=draw) for draw in draws], dim=1) * 2 - 1
    angle, scale = drawn[..., 0] * math.radians(degrees), 1 + drawn[..., 1] * zoom
    cosine, sine, shifts = scale * angle.cos(), scale * angle.sin(), 2 * shift * drawn[..., 2:]
    rows = [cosine, -sine, shifts[..., 0], sine, cosine, shifts[..., 1]]
    return torch.stack(rows, dim=-1).reshape(steps, len(draws), 2, 3)


def moved(pictures: Tensor, motions: Tensor, side: int) -> Tensor:
    """A transformed window of each picture; outside its borders the picture is mirrored.

    Args:
        pictures: float32 (pictures, 3, H, H).
        motions: float32 (pictures, 2, 3).
        side: side of the window in pixels.

    Returns:
        float32 (pictures, 3, side, side).
    """
    window = motions.clone()
    window[:, :, :2] *= side / pictures.shape[-1]
    grid = functional.affine_grid(window, [len(pictures), 3, side, side], align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
