"""Labels from statistics of a channel's pictures: a small fixed vocabulary, each word with its number.

A word is used where its measure (``picture_measures``) reaches a threshold; a channel without a clear number
has no label.

===================================  =======================================================  =========
word                                 measure, from 0 to 1                                     from
===================================  =======================================================  =========
horizontal, rising, vertical or      coherence of the gradients: how far brightness changes   0.45
falling lines                        along one direction alone
… stripes                            the same                                                 0.60
crossed lines                        the same along two directions at right angles            0.25
light spots, dark spots              share of the lighter (darker) part that is round spots   0.50
fine, coarse (before these)          share of the power above 12 (below 5) cycles per width   0.60
fine texture                         the same, of a picture without any of these patterns     0.60
curves                               share of the edges with a radius below a quarter width   0.58
colourless                           share of black, grey and white pixels                    0.90
red and black …                      share of both among pixels that are not grey             0.70
red …                                share among pixels that are not grey                     0.60
many colours                         share of the pixels of five hues or more                 0.50
red above, below, left, right …      share of the colour's pixels that are in that half       0.85
===================================  =======================================================  =========
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from summit_graph.channel_labels.colours import COLOURLESS, HUES
from summit_graph.channel_labels.picture_measures import CLEAR_DIRECTION, Measures, measure_picture
from summit_graph.images.decoding import decode_image
from summit_graph.pictures.index import Pictures
from summit_graph.records import Alternative, Channel, ChannelLabel
from summit_graph.system.listener import SILENT, Listener

STRIPES = 0.60
CROSSING = 0.25
SPOTS = 0.50
#: Of the edges, and the least share of the contrast that edges make up.
CURVED, EDGES = 0.58, 0.25
SCALE = 0.60
#: Of all pixels.
COLOURLESS_SHARE, NOT_GREY = 0.90, 0.40
#: Of the pixels that are not grey.
ONE_COLOUR, TWO_COLOURS, RARER_COLOUR = 0.60, 0.70, 0.20
MANY_COLOURS, OF_MANY, HUES_OF_MANY = 0.50, 0.06, 5
#: A colour with a place covers the first share of the picture, and the second share of it is in one half.
PLACED, IN_HALF = 0.15, 0.85
#: Directions of lines, each up to 22.5 degrees away.
DIRECTIONS = ("horizontal", "rising", "vertical", "falling")

#: A word and the number behind it.
Words = dict[str, float]


def label_by_appearance(
    pictures: Pictures, channels: Iterable[Channel], *, listener: Listener = SILENT
) -> dict[Channel, ChannelLabel]:
    """Labels of the channels that have pictures.

    A label's score is the smallest number of its words; the alternatives are the words with their numbers.

    Args:
        pictures: the feature visualizations count; where a channel has none, the patches of its examples.
        listener: called for each channel.
    """
    shown = ((one, pictures.rendered_of(one) or pictures.patches_of(one)) for one in channels)
    files = {channel: found for channel, found in shown if found}
    listener.on_stage("labelling by appearance", len(files))
    labels = {}
    for channel, found in files.items():
        labels[channel] = label_of_words(words_of_files(found))
        listener.on_class(str(channel))
    return labels


def words_of_files(files: Sequence[Path]) -> Words:
    """The words that more than half of the pictures have, with the mean of their numbers."""
    found = [words_of(measure_picture(_read_picture(file))) for file in files]
    texts = dict.fromkeys(text for words in found for text in words)
    numbers = {text: [words[text] for words in found if text in words] for text in texts}
    return {text: float(np.mean(values)) for text, values in numbers.items() if 2 * len(values) > len(files)}


def label_of_words(words: Words) -> ChannelLabel:
    """The label that consists of all words; without a text if there is none."""
    alternatives = tuple(Alternative(text, round(value, 3), "appearance") for text, value in words.items())
    if not words:
        return ChannelLabel(None, 0.0, "appearance")
    return ChannelLabel(", ".join(words), min(one.score for one in alternatives), "appearance", alternatives)


def words_of(measures: Measures) -> Words:
    """The words of one picture: pattern, curvature, colours, and where they are."""
    return {
        **_pattern(measures),
        **_curvature(measures),
        **_colours(measures.colours),
        **_places(measures),
    }


def _pattern(measures: Measures) -> Words:
    scale = "fine " if measures.fine >= SCALE else "coarse " if measures.coarse >= SCALE else ""
    if measures.coherence >= CLEAR_DIRECTION:
        direction = DIRECTIONS[round(measures.degrees / 45) % 4]
        kind = "stripes" if measures.coherence >= STRIPES else "lines"
        return {f"{scale}{direction} {kind}": measures.coherence}
    if measures.crossing >= CROSSING:
        return {f"{scale}crossed lines": measures.crossing}
    if measures.spots >= SPOTS:
        return {f"{scale}{'light' if measures.light_spots else 'dark'} spots": measures.spots}
    return {"fine texture": measures.fine} if measures.fine >= SCALE else {}


def _curvature(measures: Measures) -> Words:
    is_curved = measures.curved >= CURVED and measures.edges >= EDGES
    return {"curves": measures.curved} if is_curved else {}


def _colours(shares: Mapping[str, float]) -> Words:
    """One of: colourless, two colours, one colour, many colours; or nothing."""
    plain = sum(shares.get(name, 0) for name in COLOURLESS)
    if plain >= COLOURLESS_SHARE:
        return {"colourless": plain}
    clear = {name: share for name, share in shares.items() if name != "grey"}
    if sum(clear.values()) < NOT_GREY:
        return {}
    hues = [share for name, share in clear.items() if name in HUES and share >= OF_MANY]
    if len(hues) >= HUES_OF_MANY and sum(hues) >= MANY_COLOURS:
        return {"many colours": sum(hues)}
    return _common_colours({name: share / sum(clear.values()) for name, share in clear.items()})


def _common_colours(shares: Mapping[str, float]) -> Words:
    """The two most common colours, or the most common one, of the pixels that are not grey."""
    first, second = sorted([*shares.items(), ("", 0.0)], key=lambda one: -one[1])[:2]
    if second[1] >= RARER_COLOUR and first[1] + second[1] >= TWO_COLOURS:
        return {f"{first[0]} and {second[0]}": first[1] + second[1]}
    return {first[0]: first[1]} if first[1] >= ONE_COLOUR and first[0] not in COLOURLESS else {}


def _places(measures: Measures) -> Words:
    placed = [name for name, share in measures.colours.items() if share >= PLACED and name != "grey"]
    halves = (
        ("above", measures.above),
        ("below", {name: 1 - share for name, share in measures.above.items()}),
        ("left", measures.left),
        ("right", {name: 1 - share for name, share in measures.left.items()}),
    )
    return {
        f"{name} {place}": shares[name]
        for name in placed
        for place, shares in halves
        if shares[name] >= IN_HALF
    }


def _read_picture(file: Path) -> npt.NDArray[np.float64]:
    return np.asarray(decode_image(file), np.float64) / 255
