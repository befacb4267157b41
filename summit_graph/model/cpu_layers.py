"""Max pool and normalizations for channels-last maps on a CPU core, several times faster than torch.

torch's max pool also computes indices, and its response normalization makes a dozen passes over memory; here
both take one pass, as batch normalization does together with the ReLU behind it. Results equal torch's,
response normalization's to within rounding.

``response_norm`` is an operator of torch, ``summit_graph::response_norm``, which a captured program keeps.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.settings import PACKAGE, Home

if "NUMBA_CACHE_DIR" not in os.environ and not os.access(PACKAGE, os.W_OK):
    numba.config.CACHE_DIR = str(Home().home / "numba")  # numba's default is next to the source

#: Of response normalization: alpha, and the beta that is a square root.
ALPHA, ROOT = 1e-4, 0.5
#: How kernels are compiled: once per machine, without bounds checks; NaN does not occur behind a ReLU.
compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nnan", "nsz"})
#: The same for values that may be NaN.
compiled_for_all_values = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


def max_pool(x: Tensor, size: int, stride: int, *, padding: int = 0, ceil_mode: bool = True) -> Tensor:
    """``torch.nn.functional.max_pool2d`` of a channels-last map on the CPU."""
    images, channels, *sides = x.shape
    pooled = [pooled_side(side, size, stride, padding, ceil_mode=ceil_mode) for side in sides]
    out = torch.empty(images, *pooled, channels)
    pool_rows(_rows(x), out.numpy(), size, stride, padding)
    return out.permute(0, 3, 1, 2)


def batch_norm(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    eps: float,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    in_place: bool = False,
) -> Tensor:
    """Batch normalization of a map for which ``is_channels_last``, limited to a range, by torch's arithmetic.

    Args:
        x: float32 (images, channels, H, W), changed with ``in_place``.
        weight, bias, mean, variance: float32 (channels,).
    """
    out = x if in_place else x.clone()
    scale = weight * torch.rsqrt(variance + eps)
    rows = out.permute(0, 2, 3, 1).numpy().reshape(-1, x.shape[1])
    normalize_rows(rows, scale.numpy(), mean.numpy(), bias.numpy(), np.float32(low), np.float32(high))
    return out


def is_channels_last(x: Tensor) -> bool:
    """Whether it is (images, channels, H, W) with its channels next to each other in memory."""
    return x.ndim == 4 and x.permute(0, 2, 3, 1).is_contiguous()


@torch.library.custom_op("summit_graph::response_norm", mutates_args=())
def response_norm(x: Tensor, size: int, beta: float) -> Tensor:
    """x / (1 + 1e-4/size · sum of squares over ``size`` neighbouring channels)^beta, on any device.

    Args:
        size: an odd number.
        beta: 0.75 or 0.5.
    """
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return shifted_response_norm(x, size, beta)
    images, channels, height, width = x.shape
    out = torch.empty(images, height, width, channels)
    norm_rows(_rows(x).reshape(-1, channels), out.numpy().reshape(-1, channels), size, beta == ROOT)
    return out.permute(0, 3, 1, 2)


@response_norm.register_fake
def _(x: Tensor, size: int, beta: float) -> Tensor:
    return torch.empty_like(x)


def _keep_input(ctx: Any, inputs: tuple[Tensor, int, float], output: Tensor) -> None:
    x, ctx.size, ctx.beta = inputs
    ctx.save_for_backward(x)


def _response_norm_gradient(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
    """The gradient by x, written out: automatic differentiation would take a dozen passes over memory."""
    (x,) = context.saved_tensors
    root = _reciprocal_root(x, context.size)
    scaled = gradient * _power(root, context.beta)
    shared = _neighbours_sum(root.square_().mul_(scaled).mul_(x), context.size)
    return scaled.sub_(shared.mul_(x), alpha=2 * ALPHA / context.size * context.beta), None, None


response_norm.register_autograd(_response_norm_gradient, setup_context=_keep_input)


def shifted_response_norm(x: Tensor, size: int, beta: float) -> Tensor:
    """The same as sums of shifted squares."""
    return _power(_reciprocal_root(x, size), beta) * x


def _reciprocal_root(x: Tensor, size: int) -> Tensor:
    """(1 + 1e-4/size · sum of squares)^-0.5."""
    return _neighbours_sum(x * x, size).mul_(ALPHA / size).add_(1.0).rsqrt_()


def _power(root: Tensor, beta: float) -> Tensor:
    """The square of ``root`` to the power of ``beta``: itself, for 0.75 times its own root."""
    return root if beta == ROOT else root.sqrt().mul_(root)


def _neighbours_sum(x: Tensor, size: int) -> Tensor:
    """The sum of ``size`` channels around each channel."""
    channels, side = x.shape[1], size // 2
    padded = functional.pad(x, (0, 0, 0, 0, side, side))
    total = padded[:, :channels] + padded[:, 1 : channels + 1]
    for shift in range(2, size):
        total += padded[:, shift : shift + channels]
    return total


def channel_bounds(x: Tensor, *, nonnegative: bool = False) -> tuple[Tensor, Tensor]:
    """Each channel's smallest and largest value, (images, channels), of (images, channels, H, W) on the CPU.

    With ``nonnegative`` the smallest ones are not looked for, and 0.
    """
    rows = x.permute(0, 2, 3, 1).numpy()
    low, high = np.zeros(x.shape[:2], np.float32), np.empty(x.shape[:2], np.float32)
    if x.stride(1) != 1:  # not channels-last: torch is as fast
        return (torch.from_numpy(low) if nonnegative else x.amin((2, 3))), x.amax((2, 3))
    if nonnegative:
        largest_of_rows(rows, high)
    else:
        bounds_of_rows(rows, low, high)
    return torch.from_numpy(low), torch.from_numpy(high)


def pooled_side(side: int, size: int, stride: int, padding: int, *, ceil_mode: bool = True) -> int:
    """How many windows fit; with ``ceil_mode`` the last one only starts inside."""
    room = side + 2 * padding - size
    if not ceil_mode:
        return room // stride + 1
    windows = -(-room // stride) + 1
    return windows - 1 if (windows - 1) * stride >= side + padding else windows


def _rows(x: Tensor) -> np.ndarray:
    """(images, H, W, channels), contiguous; a view of a channels-last map."""
    return x.permute(0, 2, 3, 1).contiguous().numpy()


@compiled
def pool_rows(x, out, size, stride, padding):
    """float32 (images, H, W, channels) -> (images, pooled H, pooled W, channels); padding never wins."""
    height, width = x.shape[1], x.shape[2]
    for image in range(out.shape[0]):
        for row in range(out.shape[1]):
            top = row * stride - padding
            for column in range(out.shape[2]):
                left = column * stride - padding
                best = out[image, row, column]
                best[:] = -np.inf
                for y in range(max(top, 0), min(top + size, height)):
                    for at in range(max(left, 0), min(left + size, width)):
                        pixel = x[image, y, at]
                        for channel in range(best.shape[0]):
                            best[channel] = max(best[channel], pixel[channel])


@compiled_for_all_values
def normalize_rows(x, scale, mean, bias, low, high):
    """Replace x, float32 (pixels, channels), by (x - mean) * scale + bias, limited to low and high."""
    shift = np.empty_like(bias)
    for channel in range(bias.size):
        shift[channel] = bias[channel] - mean[channel] * scale[channel]
    for pixel in range(x.shape[0]):
        row = x[pixel]
        for channel in range(shift.size):
            value = row[channel] * scale[channel] + shift[channel]
            value = low if value < low else value
            row[channel] = high if value > high else value


@compiled
def largest_of_rows(x, high):
    """float32 (images, H, W, channels) -> the largest values, (images, channels)."""
    for image in range(x.shape[0]):
        most = high[image]
        most[:] = -np.inf
        for row in range(x.shape[1]):
            for column in range(x.shape[2]):
                pixel = x[image, row, column]
                for channel in range(most.shape[0]):
                    most[channel] = max(most[channel], pixel[channel])


@compiled
def bounds_of_rows(x, low, high):
    """float32 (images, H, W, channels) -> the smallest and the largest values, (images, channels)."""
    for image in range(x.shape[0]):
        least, most = low[image], high[image]
        least[:] = np.inf
        most[:] = -np.inf
        for row in range(x.shape[1]):
            for column in range(x.shape[2]):
                pixel = x[image, row, column]
                for channel in range(most.shape[0]):
                    least[channel] = min(least[channel], pixel[channel])
                    most[channel] = max(most[channel], pixel[channel])


@compiled
def norm_rows(x, out, size, is_root):
    """float32 (pixels, channels) -> the same shape; beta is 0.5 with ``is_root``, else 0.75."""
    channels, side = x.shape[1], size // 2
    squares, total = np.zeros(channels + size - 1, np.float32), np.empty(channels, np.float32)
    alpha = np.float32(ALPHA / size)
    for pixel in range(x.shape[0]):
        for channel in range(channels):
            squares[channel + side] = x[pixel, channel] * x[pixel, channel]
        total[:] = squares[:channels]
        for shift in range(1, size):
            for channel in range(channels):
                total[channel] += squares[channel + shift]
        for channel in range(channels):
            root = np.sqrt(np.float32(1) + alpha * total[channel])
            power = root if is_root else root * np.sqrt(root)
            out[pixel, channel] = x[pixel, channel] / power
