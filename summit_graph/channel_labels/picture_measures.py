"""Plain statistics of one picture: directions, scale, spots, curvature, colours. NumPy and SciPy alone.

Every number is a share from 0 to 1. Lengths are parts of the picture's width and frequencies are cycles per
width: the numbers do not depend on the picture's size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from summit_graph.channel_labels.colours import NAMES, name_colours, to_oklab

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: This part of each side is left out: rendering fades there.
MARGIN = 1 / 12
#: Brightness that changes more slowly is shading, not pattern.
SHADING = 1 / 8
#: Gradients are measured at these two scales; a pattern whose directions differ between them has none.
GRADIENT_SCALES = (1 / 96, 3 / 96)
#: Colours are named after the finest noise is smoothed away.
COLOUR_SCALE = 1.5 / 96
#: From this coherence on there is a direction, and the scale is that of the lines.
CLEAR_DIRECTION = 0.45
#: Above the first frequency a pattern is fine, below the other coarse.
FINE, COARSE = 12.0, 5.0
#: Waves within this angle of a direction belong to it.
BESIDE = np.radians(25.0)
#: Edges that turn faster, in radians per width, are curved: the radius is below a quarter of the width.
CURVED = 4.0
#: Where gradients agree less than this, an edge has no direction.
EDGE_COHERENCE = 0.6
#: A spot's smallest and largest share of the picture's area, its largest length per width, and the least
#: part of an ellipse of its length and width that it fills.
SPOT_AREAS, SPOT_LENGTH, SPOT_FILL = (1 / 1000, 1 / 10), 2.0, 0.85
#: Keeps quotients finite in a picture without contrast.
TINY = 1e-12


class Measures(NamedTuple):
    """What is measured of a picture; all but ``degrees`` and ``light_spots`` are shares from 0 to 1.

    Attributes:
        coherence: how far brightness changes along one direction alone, |Σ g²| / Σ |g|² of the gradients g.
        degrees: the direction of the lines: 0 horizontal, 90 vertical, 45 rising to the right.
        crossing: how far it changes along two directions at right angles, |Σ g⁴/|g|²| / Σ |g|².
        fine, coarse: share of the power above 12 cycles per width, and below 5; where ``coherence`` is clear,
            of the waves across the lines alone.
        spots: share of the lighter (or darker) part that round spots make up.
        light_spots: whether these are lighter than what is around them.
        curved: share of the edges with a radius below a quarter of the width.
        edges: share of the contrast that is edges with a direction.
        colours: share of the pixels of each colour, by name.
        above, left: by colour, the share of its pixels that are in the upper, and in the left half.
    """

    coherence: float
    degrees: float
    crossing: float
    fine: float
    coarse: float
    spots: float
    light_spots: bool
    curved: float
    edges: float
    colours: dict[str, float]
    above: dict[str, float]
    left: dict[str, float]


def measure_picture(rgb: Floats) -> Measures:
    """All measures of a picture.

    Args:
        rgb: float64 (height, width, 3), sRGB from 0 to 1.
    """
    inner = _without_margin(rgb)
    light = _without_shading(to_oklab(inner)[..., 0])
    coherence, degrees, crossing = _directions(light)
    fine, coarse = _scales(light, degrees if coherence >= CLEAR_DIRECTION else None)
    spots, light_spots = _spots(light)
    curved, edges = _curvature(light)
    return Measures(
        coherence, degrees, crossing, fine, coarse, spots, light_spots, curved, edges, *_colours(inner)
    )


def _without_margin(rgb: Floats) -> Floats:
    height, width = (round(size * MARGIN) for size in rgb.shape[:2])
    return rgb[height : rgb.shape[0] - height, width : rgb.shape[1] - width]


def _without_shading(light: Floats) -> Floats:
    return np.asarray(light - ndimage.gaussian_filter(light, SHADING * _whole_width(light)))


def _whole_width(inner: Floats) -> float:
    """The width in pixels of the picture that this is the inner part of."""
    return inner.shape[1] / (1 - 2 * MARGIN)


def _directions(light: Floats) -> tuple[float, float, float]:
    """Coherence, degrees and crossing from the structure tensor, each the mean over the scales."""
    scales = [_gradient_moments(light, scale * _whole_width(light)) for scale in GRADIENT_SCALES]
    two, four = np.mean(scales, axis=0)
    degrees = (
        90 - np.degrees(np.angle(two)) / 2
    ) % 180  # rows count downwards; lines are normal to gradients
    return float(abs(two)), float(degrees), float(abs(four))


def _gradient_moments(light: Floats, pixels: float) -> tuple[complex, complex]:
    """The means of the gradients' doubled and fourfold angle, as complex numbers, weighted by energy."""
    gradient = _gradient(light, pixels)
    energy = np.abs(gradient) ** 2
    weights = _window(light) / max((_window(light) * energy).sum(), TINY)
    four = weights * gradient**4 / np.maximum(energy, TINY)
    return complex((weights * gradient**2).sum()), complex(four.sum())


def _window(light: Floats) -> Floats:
    """Weights that fall to 0 at the sides, so that the picture's own border is no edge."""
    return np.asarray(np.outer(*(np.hanning(size) for size in light.shape)))


def _gradient(light: Floats, pixels: float) -> npt.NDArray[np.complex128]:
    along_x = ndimage.gaussian_filter(light, pixels, order=(0, 1))
    return np.asarray(along_x + 1j * ndimage.gaussian_filter(light, pixels, order=(1, 0)))


def _scales(light: Floats, degrees: float | None) -> tuple[float, float]:
    """Shares of power above ``FINE`` and below ``COARSE``; with a direction, of the waves across it."""
    window = _window(light)
    power = np.abs(np.fft.fft2((light - np.average(light, weights=window)) * window)) ** 2
    down, right = np.meshgrid(*(np.fft.fftfreq(size) for size in light.shape), indexing="ij")
    if degrees is not None:
        turned = np.arctan2(down, right) - np.radians(90 - degrees)
        power = power * (np.abs(np.cos(turned)) >= np.cos(BESIDE))
    cycles = np.hypot(down, right) * _whole_width(light)
    total = max(power.sum(), TINY)
    return float(power[cycles > FINE].sum() / total), float(power[cycles < COARSE].sum() / total)


def _spots(light: Floats) -> tuple[float, bool]:
    """Share of the lighter or the darker part, the smaller one, in round spots; whether it is light."""
    smooth = ndimage.gaussian_filter(light, light.shape[1] / 96)
    bright = smooth > _threshold(smooth)
    light_spots = bool(bright.mean() < 0.5)
    part = bright if light_spots else ~bright
    opened = ndimage.binary_opening(part, iterations=max(1, light.shape[1] // 40))
    inside = sum(len(points) for points in _connected(opened) if _is_spot(points, light.size))
    return (inside / max(part.sum(), 1) if part.any() else 0.0), light_spots


def _connected(part: Bools) -> list[npt.NDArray[np.int64]]:
    """The points of each connected area, int64 (points, 2)."""
    labels = ndimage.label(part)[0][part]
    order = np.argsort(labels, kind="stable")
    return np.split(np.argwhere(part)[order], np.cumsum(np.bincount(labels)[1:])[:-1]) if len(labels) else []


def _threshold(values: Floats) -> float:
    """Otsu's threshold: the two parts differ most from each other."""
    counts, bounds = np.histogram(values, 64)
    centres = (bounds[1:] + bounds[:-1]) / 2
    below, sums = np.cumsum(counts)[:-1], np.cumsum(counts * centres)[:-1]
    above = counts.sum() - below
    means = sums / np.maximum(below, 1) - ((counts * centres).sum() - sums) / np.maximum(above, 1)
    return float(bounds[1:-1][np.argmax(below * above * means**2)])


def _is_spot(points: npt.NDArray[np.int64], size: int) -> bool:
    least, most = (share * size for share in SPOT_AREAS)
    if not max(least, 3) <= len(points) <= most:
        return False
    narrow, wide = np.linalg.eigvalsh(np.cov(points.T) + np.eye(2) / 12)  # a pixel is a square, not a point
    return bool(
        wide <= SPOT_LENGTH**2 * narrow and len(points) >= SPOT_FILL * 4 * np.pi * np.sqrt(narrow * wide)
    )


def _curvature(light: Floats) -> tuple[float, float]:
    """Share of the edges that are curved, and of the contrast that is edges with a direction.

    An edge turns by the derivative of its direction along itself, taken from the doubled angle.
    """
    width = _whole_width(light)
    doubled = _gradient(light, width / 96) ** 2
    mean = _smooth(doubled.real, width) + 1j * _smooth(doubled.imag, width)
    energy = _smooth(np.abs(doubled), width)
    contrast = np.sqrt(np.maximum(energy, 0))
    if contrast.sum() < TINY:
        return 0.0, 0.0
    is_edge = np.abs(mean) >= EDGE_COHERENCE * np.maximum(energy, TINY)
    weights = contrast * is_edge
    curved = (weights * (_turning(mean) * width > CURVED)).sum() / max(weights.sum(), TINY)
    return float(curved), float(weights.sum() / contrast.sum())


def _smooth(values: Floats, width: float) -> Floats:
    return np.asarray(ndimage.gaussian_filter(values, 2 * width / 96))


def _turning(doubled: npt.NDArray[np.complex128]) -> Floats:
    """How fast edges turn, in radians per pixel, from the doubled angle of their normals."""
    unit = doubled / np.maximum(np.abs(doubled), TINY)
    along = 1j * np.sqrt(unit)
    down, right = (
        real + 1j * imag for real, imag in zip(np.gradient(unit.real), np.gradient(unit.imag), strict=True)
    )
    return np.asarray(np.abs(right * along.real + down * along.imag) / 2)


def _colours(rgb: Floats) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Share of each colour that occurs, and what of it is in the upper and in the left half."""
    scale = COLOUR_SCALE * rgb.shape[1]
    named = name_colours(to_oklab(ndimage.gaussian_filter(rgb, (scale, scale, 0))))
    upper, left = (_share_of_half(named, axis) for axis in (0, 1))
    present = [place for place in range(len(NAMES)) if (named == place).any()]
    return (
        {NAMES[place]: float((named == place).mean()) for place in present},
        {NAMES[place]: upper[place] for place in present},
        {NAMES[place]: left[place] for place in present},
    )


def _share_of_half(named: npt.NDArray[np.int64], axis: int) -> list[float]:
    half = np.take(named, range(named.shape[axis] // 2), axis=axis)
    every, first = (np.bincount(part.ravel(), minlength=len(NAMES)) for part in (named, half))
    return [float(share) for share in first / np.maximum(every, 1)]
