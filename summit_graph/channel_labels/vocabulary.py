"""Labels from a list of words and a model of images and text (Oikarinen & Weng, "CLIP-Dissect", ICLR 2023).

1.  A channel's images are the patches that activate it most, else its feature visualizations. They and the
    words are encoded (``encoders``); similarity is the cosine of two embeddings.
2.  p(word | image) is the softmax of 10 times the similarities over the words.
3.  Soft-WPMI of a word and a channel (their section 3.2): the sum over the channel's images of
    log(1 + p(image | channel) · (p(word | image) - 1)), less the logarithm of its exponential's mean over the
    layer's channels. p(image | channel) falls from 0.998 for the strongest image to 0.97 for the weakest.
4.  The label is the word with the largest soft-WPMI, if it is clear: its mean similarity to the channel's
    images is so far above that to the layer's images that chance would do this for any of the words in one
    channel in twenty (normal distribution, Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, softmax
from scipy.stats import norm

from summit_graph.channel_labels.encoders import Encoders
from summit_graph.errors import UsageError
from summit_graph.pictures.index import Pictures
from summit_graph.records import Alternative, Channel, ChannelLabel
from summit_graph.system.listener import SILENT, Listener
from summit_graph.system.text_files import read_lines

#: As in the paper's code: the factor of similarities, and p(image | channel) of the first and the last image.
SHARPNESS, FIRST, LAST = 10.0, 0.998, 0.97
#: Channels out of one that may get a word by chance.
FALSE_LABELS = 0.05
#: Further words that a label lists.
MORE_WORDS = 4

Floats = npt.NDArray[np.float64]
#: Positions of a channel's images, from the strongest down.
Members = npt.NDArray[np.int64]


def read_words(file: Path) -> list[str]:
    """A list of words, one in each line; empty lines and repetitions are left out.

    Raises:
        UsageError: the file cannot be read, or has fewer than two words.
    """
    lines = read_lines(file, "the list of words")
    words = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(words) < 2:
        raise UsageError(f"the list of words {file} needs at least two words, one in each line")
    return words


def images_of_channels(pictures: Pictures, channels: Sequence[Channel]) -> dict[Channel, list[Path]]:
    """The images that show what each channel responds to; channels without any are missing."""
    found = {channel: pictures.patches_of(channel) or pictures.rendered_of(channel) for channel in channels}
    return {channel: files for channel, files in found.items() if files}


def label_by_vocabulary(
    encoders: Encoders,
    images: Mapping[Channel, Sequence[Path]],
    words: Sequence[str],
    *,
    listener: Listener = SILENT,
) -> dict[Channel, ChannelLabel]:
    """Labels of channels from a list of words, layer by layer.

    Args:
        images: each channel's images, from the strongest down.
        words: unique.
        listener: called for each image, which is encoded once.
    """
    files = list(dict.fromkeys(file for found in images.values() for file in found))
    place = {file: at for at, file in enumerate(files)}
    listener.on_stage("encoding images", len(files))
    embeddings = encoders.encode_images(files, on_image=lambda file: listener.on_class(str(file)))
    listener.on_stage("labelling by vocabulary", 0)
    similarities = embeddings @ encoders.encode_texts(words).T
    labels: dict[Channel, ChannelLabel] = {}
    for layer in dict.fromkeys(channel.layer for channel in images):
        members = {
            channel: np.array([place[file] for file in found])
            for channel, found in images.items()
            if channel.layer == layer
        }
        labels |= label_layer(similarities.astype(np.float64), members, words)
    return labels


def label_layer(
    similarities: Floats, members: Mapping[Channel, Members], words: Sequence[str]
) -> dict[Channel, ChannelLabel]:
    """Labels of the channels of one layer.

    Args:
        similarities: float64 (images, words).
        members: the rows of each channel's images, from the strongest down.
    """
    own = np.unique(np.concatenate(list(members.values())))
    mean, spread = similarities[own].mean(axis=0), similarities[own].std(axis=0)
    scores = soft_wpmi(softmax(SHARPNESS * similarities, axis=1), list(members.values()))
    least = norm.isf(FALSE_LABELS / len(words))
    labels = {}
    for (channel, rows), score in zip(members.items(), scores, strict=True):
        similar = similarities[rows].mean(axis=0)
        clear = (similar - mean) * np.sqrt(len(rows)) >= least * np.maximum(spread, 1e-12)
        labels[channel] = _label(words, score, similar, clear)
    return labels


def soft_wpmi(probabilities: Floats, members: Sequence[Members]) -> Floats:
    """Soft weighted pointwise mutual information, float64 (channels, words).

    Args:
        probabilities: p(word | image), float64 (images, words).
        members: the rows of each channel's images, from the strongest down.
    """
    given = np.stack([_log_given(probabilities[rows]) for rows in members])
    return np.asarray(given - (logsumexp(given, axis=0) - np.log(len(members))))


def _log_given(probabilities: Floats) -> Floats:
    """log p(word | the channel's images), float64 (words,)."""
    belongs = np.linspace(FIRST, LAST, len(probabilities))[:, None]
    return np.asarray(np.log1p(belongs * (probabilities - 1)).sum(axis=0))


def _label(
    words: Sequence[str], scores: Floats, similar: Floats, clear: npt.NDArray[np.bool_]
) -> ChannelLabel:
    """The best word if it is clear; it and the next words in order, with their mean similarities."""
    best, *more = (
        Alternative(words[at], round(float(similar[at]), 4), "vocabulary")
        for at in np.argsort(-scores, kind="stable")[: MORE_WORDS + 1]
    )
    if clear[np.argmax(scores)]:
        return ChannelLabel(best.text, best.score, "vocabulary", tuple(more))
    return ChannelLabel(None, best.score, "vocabulary", (best, *more))
