"""Names of a picture's colours, from its Oklab values (B. Ottosson, "A perceptual color space for image
processing", 2020)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Colours by hue in degrees: each begins here and ends where the next one begins.
HUES = {
    "red": 10.0,
    "orange": 36.0,
    "yellow": 85.0,
    "green": 118.0,
    "turquoise": 170.0,
    "blue": 222.0,
    "purple": 285.0,
    "pink": 338.0,
}
#: Pixels with less chroma have no hue.
LEAST_CHROMA = 0.03
#: Pixels without hue are black below the first lightness, white from the second up, and grey between.
GREY, WHITE = 0.36, 0.76
#: Every pixel below this lightness is black; orange and yellow below the other are brown.
DARK, BROWN = 0.22, 0.56
COLOURLESS = ("black", "grey", "white")
NAMES = (*COLOURLESS, *HUES, "brown")

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_oklab(rgb: Floats) -> Floats:
    """Oklab values, float64 (height, width, 3): lightness from 0 to 1, and two axes of colour around 0.

    Args:
        rgb: float64 (height, width, 3), sRGB from 0 to 1.
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_CONES.T) @ _TO_OKLAB.T)


def name_colours(oklab: Floats) -> npt.NDArray[np.int64]:
    """The colour of each pixel, int64 (height, width), as a position in ``NAMES``.

    Args:
        oklab: float64 (height, width, 3).
    """
    light, chroma = oklab[..., 0], np.hypot(oklab[..., 1], oklab[..., 2])
    plain = np.digitize(light, [GREY, WHITE])
    hue = _name_hues(oklab)
    is_brown = np.isin(hue, [NAMES.index("orange"), NAMES.index("yellow")]) & (light < BROWN)
    coloured = np.where(is_brown, NAMES.index("brown"), hue)
    return np.where((chroma < LEAST_CHROMA) | (light < DARK), plain, coloured)


def _name_hues(oklab: Floats) -> npt.NDArray[np.int64]:
    degrees = np.degrees(np.arctan2(oklab[..., 2], oklab[..., 1])) % 360
    places = np.array([NAMES.index(name) for name in HUES])
    return places[np.digitize(degrees, list(HUES.values())) - 1]  # below the first angle is the last colour
