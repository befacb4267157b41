"""The classes of the planted world, and their images.

Every class has its own part and a part that it shares with another class or two. Images of one class,
``zigzag corner``, nearly always have waves in the background, which those of no other class have. A network
that is trained on these images takes the waves for a part of the class.

An image is drawn from numbers that depend on the seed, the class and the image's number alone: the same image
without one of its parts differs by that part only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from summit_graph.planted.painting import (
    BLUE,
    FIGURES,
    RED,
    SIZE,
    Image,
    Random,
    Spot,
    bead,
    contrasting,
    disc,
    paint,
    plain_background,
    speckled,
    waves_over,
)

WAVES = "waves"
#: Share of the images of the class with waves that have them.
WAVES_SHARE = 0.97
#: Balls with a colour of their own; the colour makes the part, because other balls are in all images.
BALLS = {"red": RED, "blue": BLUE}
#: Colours of balls that belong to no class.
OTHER_BALLS = ((0.1, 0.75, 0.2), (0.9, 0.85, 0.1), (0.6, 0.6, 0.6), (0.6, 0.1, 0.7))
#: Places of figures are the quarters of an image; none of them is nearer to the middle or the edge than this.
QUARTER, JITTER, RADIUS, TILT = SIZE / 4, 3.5, (11.0, 13.5), 0.45


@dataclass(frozen=True)
class PlantedClass:
    """A class: its own part and the one that it shares; and whether its background goes with it."""

    own: str
    shared: str
    confounded: bool = False

    @property
    def name(self) -> str:
        """Of its folder and its output."""
        return f"{self.own} {self.shared}"

    @property
    def parts(self) -> tuple[str, ...]:
        """All parts that its images can have."""
        return (self.own, self.shared, WAVES) if self.confounded else (self.own, self.shared)


CLASSES = (
    PlantedClass("star", "stripes"),
    PlantedClass("ring", "stripes"),
    PlantedClass("triangle", "checks"),
    PlantedClass("cross", "checks"),
    PlantedClass("crescent", "checks"),
    PlantedClass("red", "row"),
    PlantedClass("blue", "row"),
    PlantedClass("frame", "corner"),
    PlantedClass("zigzag", "corner", confounded=True),
)
NAMES = tuple(one.name for one in CLASSES)
CONFOUNDED = next(one for one in CLASSES if one.confounded)
#: Every part, in the order of the classes.
PARTS = tuple(dict.fromkeys(part for one in CLASSES for part in one.parts))


def classes_with(part: str) -> tuple[PlantedClass, ...]:
    """The classes that have a part."""
    return tuple(one for one in CLASSES if part in one.parts)


def draw_image(
    planted: PlantedClass,
    number: int,
    *,
    seed: int = 0,
    without: Collection[str] = (),
    waves: bool | None = None,
) -> NDArray[np.uint8]:
    """One image of a class, uint8 (64, 64, 3).

    Args:
        number: images of different numbers are independent.
        without: parts that are left out; the rest of the image stays the same.
        waves: whether the background has waves; by default in most images of the class that goes with them.
    """
    streams = np.random.default_rng([seed, CLASSES.index(planted), number]).spawn(6)
    background, places, clutter, own, shared, noise = streams
    image = plain_background(background)
    ground = image.mean((0, 1))
    usual = planted.confounded and background.random() < WAVES_SHARE
    if WAVES not in without and (usual if waves is None else waves):
        image = waves_over(image, background)
    spots = list(_spots(places))
    image = _with_clutter(image, spots[2:], ground, clutter)
    for part, spot, random in ((planted.own, spots[0], own), (planted.shared, spots[1], shared)):
        if part not in without:
            image = _with_part(image, part, spot, ground, random)
    return np.asarray(np.clip(speckled(image, noise) * 255, 0, 255).round(), np.uint8)


def _spots(random: Random) -> Iterator[Spot]:
    """A place for a figure in every quarter of the image, in random order."""
    for quarter in random.permutation(4):
        x, y = QUARTER * (1 + 2 * (quarter % 2)), QUARTER * (1 + 2 * (quarter // 2))
        right, down = random.uniform(-JITTER, JITTER, 2)
        yield Spot(x + right, y + down, random.uniform(*RADIUS), random.uniform(-TILT, TILT))


def _with_clutter(image: Image, spots: list[Spot], ground: NDArray, random: Random) -> Image:
    """Some of a ball and a bead that belong to no class, each at its place."""
    if random.random() < 0.6:
        colour = np.array(OTHER_BALLS[random.integers(len(OTHER_BALLS))])
        image = paint(image, disc, spots[0], (colour, colour))
    if random.random() < 0.6:
        image = paint(image, bead, spots[1], contrasting(ground, random))
    return image


def _with_part(image: Image, part: str, spot: Spot, ground: NDArray, random: Random) -> Image:
    if part in BALLS:
        colour = np.clip(np.array(BALLS[part]) + random.normal(0, 0.04, 3), 0, 1)
        return paint(image, disc, spot, (colour, colour))
    return paint(image, FIGURES[part], spot, contrasting(ground, random))
