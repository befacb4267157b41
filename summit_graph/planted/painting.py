"""How the parts of the planted world are painted, with NumPy alone.

A figure is a function of local coordinates: x and y of every pixel, in units of the figure's radius, turned
by its angle. It gives the opacity of each pixel, and which of two colours the pixel has (0 or 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Side of an image, in pixels.
SIZE = 64
#: Width of a figure's soft edge, in units of its radius.
EDGE = 0.12
#: Radius of the beads of an arrangement, in the same units.
BEAD = 0.3
RED, BLUE = (0.85, 0.1, 0.1), (0.1, 0.2, 0.9)

Plane = NDArray[np.float64]  # (height, width)
Image = NDArray[np.float64]  # (height, width, 3), from 0 to 1
Random = np.random.Generator
#: Coordinates x and y -> opacity, and the share of the second colour.
Figure = Callable[[Plane, Plane], tuple[Plane, Plane | float]]


@dataclass(frozen=True)
class Spot:
    """Where a figure is painted: centre and radius in pixels, angle in radians."""

    x: float
    y: float
    radius: float
    angle: float

    def coordinates(self) -> tuple[Plane, Plane]:
        """Local x and y of every pixel."""
        down, right = np.mgrid[:SIZE, :SIZE].astype(float)
        x, y = (right - self.x) / self.radius, (down - self.y) / self.radius
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        return cosine * x + sine * y, cosine * y - sine * x


def paint(image: Image, figure: Figure, spot: Spot, colours: tuple[NDArray, NDArray]) -> Image:
    """The image with the figure on it, in these two colours."""
    opacity, second = figure(*spot.coordinates())
    first, other = colours
    share = np.broadcast_to(second, opacity.shape)[..., None]
    return image + opacity[..., None] * (first * (1 - share) + other * share - image)


def inside(distance: Plane) -> Plane:
    """Opacity for a signed distance to the edge, which is negative inside."""
    return np.clip(0.5 - distance / EDGE, 0, 1)


def disc(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A filled circle."""
    return inside(np.hypot(x, y) - 0.8), 0.0


def ring(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A circle's outline."""
    return inside(abs(np.hypot(x, y) - 0.75) - 0.2), 0.0


def frame(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A square's outline."""
    return inside(abs(np.maximum(abs(x), abs(y)) - 0.65) - 0.18), 0.0


def star(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A star with five points."""
    turn = abs((np.arctan2(x, -y) * 5 / (2 * np.pi) + 0.5) % 1 - 0.5) * 2  # 0 at a point, 1 between two
    return inside(np.hypot(x, y) - (1.05 - 0.65 * turn)), 0.0


def triangle(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A triangle with a corner at the top."""
    sides = [-y * np.cos(turn) + x * np.sin(turn) for turn in np.pi / 3 * np.array([1, 3, 5])]
    return inside(np.max(sides, axis=0) - 0.5), 0.0


def cross(x: Plane, y: Plane) -> tuple[Plane, float]:
    """Two crossed bars."""
    bars = [np.maximum(abs(one) - 0.25, abs(other) - 0.95) for one, other in ((x, y), (y, x))]
    return inside(np.minimum(*bars)), 0.0


def crescent(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A circle without the part that another circle covers."""
    return inside(np.maximum(np.hypot(x, y) - 0.9, 0.75 - np.hypot(x - 0.5, y))), 0.0


def zigzag(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A thin line with three turns."""
    wave = abs((x * 0.95 + 1) % 1 - 0.5) * 2.2 - 0.55
    return inside(np.maximum(abs(y - wave) - 0.22, abs(x) - 1)), 0.0


def stripes(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """A circle filled with stripes."""
    return inside(np.hypot(x, y) - 0.95), np.clip(0.5 + 2 * np.sin(x * 11), 0, 1)


def checks(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """A square filled with checks."""
    fields = np.sin(x * 7.5) * np.sin(y * 7.5)
    return inside(np.maximum(abs(x), abs(y)) - 0.85), np.clip(0.5 + 4 * fields, 0, 1)


def bead(x: Plane, y: Plane) -> tuple[Plane, float]:
    """A small circle."""
    return inside(np.hypot(x, y) - BEAD), 0.0


def row(x: Plane, y: Plane) -> tuple[Plane, float]:
    """Three beads in a row."""
    return np.max([bead(x - at, y)[0] for at in (-0.8, 0.0, 0.8)], axis=0), 0.0


def corner(x: Plane, y: Plane) -> tuple[Plane, float]:
    """Three beads at the corners of a triangle."""
    places = [(0.62 * np.sin(turn), -0.62 * np.cos(turn)) for turn in 2 * np.pi / 3 * np.arange(3)]
    return np.max([bead(x - right, y - down)[0] for right, down in places], axis=0), 0.0


FIGURES: Mapping[str, Figure] = {
    one.__name__: one
    for one in (star, ring, triangle, cross, crescent, zigzag, frame, stripes, checks, row, corner)
}


def plain_background(random: Random) -> Image:
    """A pale or dark colour that changes slowly over the image."""
    base, change = random.uniform(0.25, 0.75, 3), random.normal(0, 0.08, (2, 3))
    down, right = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    return base + down[..., None] * change[0] + right[..., None] * change[1]


def waves_over(image: Image, random: Random) -> Image:
    """The background with bands of wavy lines."""
    down, right = np.mgrid[:SIZE, :SIZE].astype(float)
    shift, length, phase = random.uniform(0, 6.3), random.uniform(5.5, 7), random.uniform(0, 6.3)
    bands = np.sin(2 * np.pi * (down + 1.6 * np.sin(right / 3.5 + phase)) / length + shift)
    return image + 0.16 * bands[..., None]


def speckled(image: Image, random: Random) -> Image:
    """The image with noise of every pixel."""
    return image + random.normal(0, 0.03, image.shape)


def contrasting(ground: NDArray, random: Random) -> tuple[NDArray, NDArray]:
    """Two colours (3,) that differ from each other and from the ground's."""
    while True:
        first, second = random.uniform(0, 1, (2, 3))
        pairs = ((first, second), (first, ground), (second, ground))
        if min(abs(one - other).sum() for one, other in pairs) > 0.8:
            return first, second
