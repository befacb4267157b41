"""The demo on generated images: stripes, checks and rings are counted, loaded and ranked."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from summit_graph.errors import WeightsError
from summit_graph.settings import Home

#: Images per class: enough for counts to differ, few enough for a minute on two cores.
IMAGES = 12
SIDE = 256

#: A pattern's brightness from 0 to 255 at x, y, with a period in pixels.
Pattern = Callable[[int, int, float], int]


def stripes(x: int, y: int, period: float) -> int:
    """Slanted stripes."""
    return int(127.5 * (1 + math.sin(2 * math.pi * (x + y / 2) / period)))


def checks(x: int, y: int, period: float) -> int:
    """A chessboard."""
    return 255 * ((int(x / period) + int(y / period)) % 2)


def rings(x: int, y: int, period: float) -> int:
    """Rings around the middle."""
    return int(127.5 * (1 + math.sin(2 * math.pi * math.hypot(x - SIDE / 2, y - SIDE / 2) / period)))


PATTERNS: dict[str, Pattern] = {"stripes": stripes, "checks": checks, "rings": rings}


def write_generated_images(root: Path) -> None:
    """An ImageFolder tree of ``PATTERNS``, each at ``IMAGES`` scales and colours."""
    from PIL import Image

    for name, pattern in PATTERNS.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(IMAGES):
            period = 8 + 4 * number
            grey = Image.new("L", (SIDE, SIDE))
            grey.putdata([pattern(x, y, period) for y in range(SIDE) for x in range(SIDE)])
            tint = ("white", "orange", "skyblue", "yellowgreen")[number % 4]
            image = Image.composite(
                Image.new("RGB", grey.size, tint), Image.new("RGB", grey.size, "black"), grey
            )
            image.save(folder / f"{number:02}.png")


def generated_images() -> Path:
    """The folder of generated images, made where it is missing."""
    root = Home().home / "demo-images"
    if not root.is_dir():
        staged = root.with_suffix(".new")
        write_generated_images(staged)
        staged.rename(root)
    return root


def demo_weights(say: Callable[[str], None]) -> str:
    """The trained weights where they are here or can be downloaded, else random ones, said plainly."""
    from summit_graph.model.untrained import write_untrained_weights
    from summit_graph.model.weights import fetch_bvlc

    try:
        fetch_bvlc()
        return "bvlc"
    except WeightsError as error:
        say(f"{error}")
        say("Going on with random weights: the graphs show how the tool works, not what a model learned.")
        return str(write_untrained_weights(Home().weights / "untrained.safetensors"))
