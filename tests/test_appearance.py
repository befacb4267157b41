"""Words for pictures: every word on a drawn picture that is certain, and none on noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from summit_graph.channel_labels.appearance import (
    label_by_appearance,
    label_of_words,
    words_of,
    words_of_files,
)
from summit_graph.channel_labels.colours import NAMES, name_colours, to_oklab
from summit_graph.channel_labels.picture_measures import measure_picture
from summit_graph.pictures.index import MAIN_KIND, Example, Pictures
from summit_graph.records import Channel

SIDE = 96


def grey(light):
    """A colourless picture of brightness from 0 to 1."""
    return np.repeat(np.clip(light, 0, 1)[..., None], 3, axis=2)


def grating(degrees, cycles=8.0, side=SIDE):
    """Lines in a direction, 90 vertical, 45 rising to the right; ``cycles`` per width."""
    rows, columns = np.mgrid[:side, :side] / side
    angle = np.radians(degrees)
    across = columns * np.sin(angle) + rows * np.cos(angle)
    return grey(0.5 + 0.4 * np.sin(2 * np.pi * cycles * across))


def discs(inside, outside, *, radius=4.5, pitch=16):
    """A grid of discs of one brightness on another."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    middle = pitch // 2
    distance = np.hypot(rows % pitch - middle, columns % pitch - middle)
    return grey(np.where(distance < radius, inside, outside))


def rings(pitch=48, period=8.0):
    """Rings around the points of a grid."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    distance = np.hypot(rows % pitch - pitch / 2, columns % pitch - pitch / 2)
    return grey(0.5 + 0.4 * np.sin(2 * np.pi * distance / period))


def noise(side=SIDE):
    return np.random.default_rng(3).random((side, side, 3))


def halves(first, second, *, axis):
    """Two colours, one on each side of the middle."""
    picture = np.empty((SIDE, SIDE, 3))
    picture[:] = second
    np.moveaxis(picture, axis, 0)[: SIDE // 2] = first
    return picture


def words(picture):
    return words_of(measure_picture(picture))


@pytest.mark.parametrize(
    ("degrees", "word"),
    [(0, "horizontal"), (45, "rising"), (90, "vertical"), (135, "falling"), (170, "horizontal")],
)
def test_direction_of_stripes(degrees, word):
    """Stripes get the nearest of four directions; a mirrored or turned axis would exchange two of them."""
    assert f"{word} stripes" in words(grating(degrees))


@pytest.mark.parametrize(
    ("cycles", "word"),
    [(3, "coarse vertical stripes"), (8, "vertical stripes"), (20, "fine vertical stripes")],
)
def test_scale_of_stripes(cycles, word):
    """Stripes are fine above 12 cycles per width, and coarse below 5."""
    assert word in words(grating(90, cycles))


def test_scale_does_not_depend_on_size():
    """Measures are per width: a picture of twice the size has the same words."""
    assert list(words(grating(90, 20, side=2 * SIDE))) == list(words(grating(90, 20)))


def test_crossed_lines():
    """Two gratings at right angles have no direction, and cross."""
    both = (grating(0) + grating(90)) / 2
    assert "crossed lines" in words(both)


def test_spots_and_their_sign():
    """The sign of the contrast tells dark spots from light ones."""
    assert "dark spots" in words(discs(0.1, 0.8))
    assert "light spots" in words(discs(0.9, 0.2))


def test_curves():
    """Rings are curved, stripes are not."""
    assert "curves" in words(rings())
    assert "curves" not in words(grating(30))


def test_noise_has_no_pattern():
    """Noise has a scale, and nothing else that is clear."""
    assert set(words(noise())) <= {"fine texture", "colourless"}


def test_flat_picture():
    """A picture without contrast has no pattern, and divides nothing by 0."""
    assert words(np.full((SIDE, SIDE, 3), 0.5)) == {"colourless": 1.0}


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((220, 30, 30), "red"),
        ((255, 140, 0), "orange"),
        ((250, 230, 40), "yellow"),
        ((40, 160, 50), "green"),
        ((50, 190, 190), "turquoise"),
        ((40, 80, 220), "blue"),
        ((130, 50, 180), "purple"),
        ((255, 110, 180), "pink"),
        ((110, 65, 25), "brown"),
        ((10, 10, 10), "black"),
        ((128, 128, 128), "grey"),
        ((245, 245, 245), "white"),
    ],
)
def test_names_of_colours(rgb, name):
    """Each name on a colour that everybody calls so."""
    assert NAMES[int(name_colours(to_oklab(np.array([[rgb]]) / 255))[0, 0])] == name


def test_oklab_of_white_and_of_red():
    """The conversion agrees with its published values: white is (1, 0, 0), sRGB red (0.628, 0.225, 0.126)."""
    found = to_oklab(np.array([[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]]))[0]
    assert found == pytest.approx(np.array([[1, 0, 0], [0.628, 0.2249, 0.1258]]), abs=1e-3)


def test_colours_and_their_places():
    """Two colours are named, the more common one first, with the half that each is in."""
    blue, black, yellow = (0.15, 0.3, 0.9), (0, 0, 0), (1, 0.9, 0.1)
    found = words(halves(blue, yellow, axis=0))
    assert {"blue above", "yellow below"} <= set(found)
    assert {"black left", "yellow right"} <= set(words(halves(black, yellow, axis=1)))
    assert words(np.full((SIDE, SIDE, 3), blue)) == {"blue": 1.0}


def test_pair_of_colours():
    """Stripes of two colours give a pair, and the number is the share of both."""
    rows = np.arange(SIDE)[:, None, None] % 24 < 15
    found = words(np.where(rows, (1, 0.9, 0.1), (0, 0, 0)) * np.ones((SIDE, SIDE, 1)))
    assert found["yellow and black"] > 0.9


def test_many_colours():
    """A picture of all hues has many colours."""
    hues = np.tile(np.repeat(np.arange(0, 256, 32), 12), (SIDE, 1)).astype(np.uint8)
    picture = Image.merge(
        "HSV", [Image.fromarray(hues), *(Image.new("L", (SIDE, SIDE), 220) for _ in range(2))]
    )
    assert "many colours" in words(np.asarray(picture.convert("RGB")) / 255)


def write_picture(folder: Path, name: str, picture) -> Path:
    file = folder / f"{name}.png"
    Image.fromarray((picture * 255).astype(np.uint8)).save(file)
    return file


def test_more_than_half_of_the_pictures_agree(tmp_path):
    """A word of one picture in two is not the channel's; one of two in three is, with the mean number."""
    vertical, again, level = (
        write_picture(tmp_path, f"{at}", grating(degrees)) for at, degrees in enumerate((90, 90, 0))
    )
    assert list(words_of_files([vertical, level])) == ["colourless"]
    assert list(words_of_files([vertical, again, level])) == ["vertical stripes", "colourless"]


def test_label_has_the_numbers():
    """A label's score is its smallest number, and its alternatives are the words with theirs."""
    label = label_of_words({"vertical stripes": 0.91, "blue": 0.7})
    assert (label.text, label.score, label.source) == ("vertical stripes, blue", 0.7, "appearance")
    assert [(one.text, one.score) for one in label.alternatives] == [
        ("vertical stripes", 0.91),
        ("blue", 0.7),
    ]


def test_nothing_clear_is_no_label():
    """A channel whose pictures have no clear number has a label without text."""
    assert label_of_words({}).text is None


def test_patches_where_there_is_no_picture(tmp_path):
    """Feature visualizations come first; patches of examples are used without them; others have no label."""
    picture, patch = write_picture(tmp_path, "a", grating(90)), write_picture(tmp_path, "b", grating(0))
    drawn, seen, bare = Channel("low", 0), Channel("low", 1), Channel("low", 2)
    example = Example("bear", "1.jpg", 1.0, (0, 0, 1, 1), patch)
    pictures = Pictures({(drawn, MAIN_KIND): picture}, {drawn: (example,), seen: (example,)})
    found = label_by_appearance(pictures, [drawn, seen, bare])
    assert {channel: label.text for channel, label in found.items()} == {
        drawn: "vertical stripes, colourless",
        seen: "horizontal stripes, colourless",
    }
