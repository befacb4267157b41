"""Labels from a list of words: the paper's score by hand, and a tiny pair of encoders made here."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from summit_graph.channel_labels.encoders import Encoders, read_image_rule
from summit_graph.channel_labels.vocabulary import (
    images_of_channels,
    label_by_vocabulary,
    label_layer,
    read_words,
    soft_wpmi,
)
from summit_graph.errors import ModelError, SummitGraphError, UsageError
from summit_graph.pictures.index import MAIN_KIND, Example, Pictures
from summit_graph.records import Channel
from summit_graph.system.listener import Listener
from tests.tiny_encoders import WORDS, write_encoders, write_image_encoder, write_text_encoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with encoders and tokenizer."""
    return write_encoders(tmp_path / "clip")


def write_images(folder: Path, colour, number: int = 10) -> list[Path]:
    """Images of nearly one colour."""
    random = np.random.default_rng(sum(colour))
    files = [folder / f"{'-'.join(map(str, colour))}-{at}.png" for at in range(number)]
    for file in files:
        pixels = np.clip(np.array(colour) * 255 + random.integers(-20, 20, (12, 9, 3)), 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(file)
    return files


def test_soft_wpmi_by_hand():
    """Two channels with an image each, and two words: log p of a word less that of its mean over channels."""
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    given = np.log(1 + 0.998 * (p - 1))
    expected = given - np.log(np.exp(given).mean(axis=0))
    assert soft_wpmi(p, [np.array([0]), np.array([1])]) == pytest.approx(expected)


def test_weaker_images_count_less():
    """p(image | channel) falls from 0.998 to 0.97: the order of the images matters."""
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    first, second = soft_wpmi(p, [np.array([0, 1]), np.array([1, 0])])
    assert first[0] > second[0]  # the image without word 0 counts against it less when it is the weaker one
    assert first[1] < second[1]


def test_words_of_colours(folder, tmp_path):
    """Channels of red, green and blue images get these words, with their mean cosine as score.

    Each image that is encoded is reported.
    """
    images = {
        Channel("low", at): write_images(tmp_path, WORDS[word])
        for at, word in enumerate(("red", "green", "blue"))
    }
    stages: list[tuple[str, int]] = []
    encoded: list[str] = []
    listener = Listener(lambda *stage: stages.append(stage), encoded.append)
    labels = label_by_vocabulary(Encoders(folder), images, list(WORDS), listener=listener)
    files = [str(file) for found in images.values() for file in found]
    assert stages[0] == ("encoding images", len(files))
    assert encoded == files
    assert [label.text for label in labels.values()] == ["red", "green", "blue"]
    assert all(label.score == pytest.approx(1, abs=0.05) for label in labels.values())
    assert {one.text for one in labels[Channel("low", 0)].alternatives} == {"green", "blue", "dark"}


def test_no_word_for_mixed_images():
    """A channel whose images are like those of all channels has no label; what was tried is listed."""
    random = np.random.default_rng(1)
    similarities = random.normal(0.2, 0.05, (200, 1000))
    similarities[:10, 7] += 0.3
    members = {Channel("low", at): np.arange(10 * at, 10 * at + 10) for at in range(20)}
    found = label_layer(similarities, members, [f"word {at}" for at in range(1000)])
    texts = [label.text for label in found.values()]
    assert texts[0] == "word 7"
    assert sum(text is not None for text in texts[1:]) <= 1
    assert len(found[Channel("low", 3)].alternatives) == 5


def test_patches_come_before_pictures(tmp_path):
    """What activates a channel most shows best what it responds to; without patches its picture does."""
    channels = [Channel("low", at) for at in range(3)]
    picture, patch = tmp_path / "picture", tmp_path / "patch"
    example = Example("bear", "1.jpg", 1.0, (0, 0, 1, 1), patch)
    pictures = Pictures({(one, MAIN_KIND): picture for one in channels[:2]}, {channels[0]: (example,)})
    assert images_of_channels(pictures, channels) == {channels[0]: [patch], channels[1]: [picture]}


def test_texts_keep_their_order(folder):
    """Texts are encoded in groups of equal length; each embedding is its own text's, of length 1."""
    encoders = Encoders(folder)
    both, red, blue = encoders.encode_texts(["red blue", "red", "blue"])
    assert np.linalg.norm(both) == pytest.approx(1)
    assert both == pytest.approx((red + blue) / np.linalg.norm(red + blue))


@pytest.mark.parametrize("name", ["vision_model.onnx", "text_model.onnx", "tokenizer.json"])
def test_missing_file_is_named(folder, name):
    """The error names the file that the folder lacks."""
    next(folder.rglob(name)).unlink()
    with pytest.raises(ModelError, match=name):
        Encoders(folder)


def test_damaged_file_is_named(folder):
    """A file that is no ONNX model is named, not shown as a traceback."""
    (folder / "onnx/text_model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"text_model\.onnx is not a model"):
        Encoders(folder)


def test_unknown_input_is_named(folder):
    """An encoder with an input that nothing is known for is refused."""
    write_text_encoder(folder / "onnx/text_model.onnx", mask="position_ids")
    with pytest.raises(ModelError, match="position_ids"):
        Encoders(folder).encode_texts(["red"])


def test_encoder_without_projection(folder, tmp_path):
    """An encoder that gives maps instead of an embedding is refused; another name of its output is not."""
    write_image_encoder(folder / "onnx/vision_model.onnx", keep=1)
    files = write_images(tmp_path, (1, 0, 0), 1)
    with pytest.raises(ModelError, match="projection"):
        Encoders(folder).encode_images(files, on_image=print)
    write_image_encoder(folder / "onnx/vision_model.onnx", output="features")
    assert Encoders(folder).encode_images(files, on_image=print).shape == (1, 3)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_missing_package_names_the_extra(folder, monkeypatch, package):
    """Without a package of the extra, the error says how to install it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SummitGraphError, match=rf"{package}: pip install 'summit-graph\[clip\]'"):
        Encoders(folder)


def test_image_rules(tmp_path):
    """Sizes are numbers, shortest edges, or heights and widths; CLIP's values are used without a file."""
    file = tmp_path / "preprocessor_config.json"
    rule = read_image_rule(file)
    assert (rule.resize, rule.crop, rule.interpolation) == (224, 224, "bicubic")
    file.write_text('{"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}')
    assert (read_image_rule(file).resize, read_image_rule(file).crop) == (256, 224)
    file.write_text('{"size": {"height": 384, "width": 384}, "image_mean": [0.5, 0.5, 0.5]}')
    assert (read_image_rule(file).resize, read_image_rule(file).mean) == (384, (0.5, 0.5, 0.5))
    file.write_text('{"size": "large"}')
    with pytest.raises(ModelError, match="damaged"):
        read_image_rule(file)


def test_list_of_words(tmp_path):
    """One word a line, each once; a file of one word is refused, since a word is chosen among others."""
    file = tmp_path / "words.txt"
    file.write_text("\ufeffred\n\n fire engine \nred\n", "utf-8")
    assert read_words(file) == ["red", "fire engine"]
    file.write_text("red\n")
    with pytest.raises(UsageError, match="at least two"):
        read_words(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_words(tmp_path / "missing.txt")
