"""Class folders and the model's outputs."""

import json
import subprocess
import sys

import pytest

from summit_graph.errors import UsageError
from summit_graph.images.labels import Labels, Output, imagenet_labels, read_labels


def test_imagenet_has_1000_outputs():
    """WordNet ids are unique and the first and last are where they belong."""
    outputs = imagenet_labels().outputs
    assert len({output.wordnet_id for output in outputs}) == 1000
    assert (outputs[0].wordnet_id, outputs[0].names) == ("n01440764", ("tench", "Tinca tinca"))
    assert outputs[999].names[0] == "toilet tissue"


@pytest.mark.parametrize(
    ("folder", "output", "title"),
    [
        ("n01440764", 0, "tench"),
        ("TENCH", 0, "tench"),
        ("great_white-shark", 2, "great white shark"),
        ("Carcharodon carcharias", 2, "great white shark"),
        ("tank suit", 639, "maillot"),
        ("my_dog", None, "my_dog"),
        ("7", None, "7"),
        ("n99999999", None, "n99999999"),
    ],
)
def test_a_class_is_found_by_its_id_or_a_name(folder, output, title):
    """Case does not matter, _ and - are spaces, and digits alone are no index."""
    matched = imagenet_labels().match_class(folder)
    assert (matched.output, matched.title, matched.warning) == (output, title, None)


@pytest.mark.parametrize("folder", ["crane", "maillot", "Cardigan"])
def test_a_name_of_two_outputs_matches_none(folder):
    """… with a warning that names the folder."""
    matched = imagenet_labels().match_class(folder)
    assert (matched.output, matched.title) == (None, folder)
    assert folder in (matched.warning or "")


@pytest.mark.parametrize(
    ("folder", "output"), [("7", 7), ("999", 999), ("1000", None), ("-1", None), ("tench", 0), ("²", None)]
)
def test_digits_are_an_index_when_asked_for(folder, output):
    """Beyond the last output there is none; names still match."""
    assert imagenet_labels().match_class(folder, match="index").output == output


def test_none_matches_nothing():
    """Not even a WordNet id."""
    assert imagenet_labels().match_class("n01440764", match="none").output is None


def test_another_model_s_outputs_come_from_a_file(tmp_path):
    """One output a line, several names separated by commas, with or without a WordNet id."""
    (tmp_path / "labels.txt").write_text("cat, house cat\nn01440764 tench\n\ndog\n", "utf-8")
    labels = read_labels(tmp_path / "labels.txt", outputs=4)
    assert [labels.match_class(name).output for name in ("house-cat", "n01440764", "DOG")] == [0, 1, 3]


@pytest.mark.parametrize("value", [["cat", "dog"], {"0": ["n01440764", "cat"], "1": ["n01443537", "dog"]}])
def test_outputs_may_stand_in_json(tmp_path, value):
    """As a list of names or as keras and torchvision keep them."""
    (tmp_path / "labels.json").write_text(json.dumps(value), "utf-8")
    assert read_labels(tmp_path / "labels.json", outputs=2).match_class("dog").output == 1


def test_a_labels_file_of_another_length_is_refused(tmp_path):
    """Both numbers are named."""
    (tmp_path / "labels.txt").write_text("cat\ndog\n", "utf-8")
    with pytest.raises(UsageError, match="names 2 outputs, but the model has 3"):
        read_labels(tmp_path / "labels.txt", outputs=3)


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b'{"0": 3'])
def test_an_unreadable_labels_file_is_named(tmp_path, text):
    """Whatever is wrong with it."""
    (tmp_path / "labels.json").write_bytes(text)
    with pytest.raises(UsageError, match=r"labels\.json cannot be read"):
        read_labels(tmp_path / "labels.json", outputs=2)


def test_outputs_without_names_match_by_index_alone():
    """A fine-tuned model without a labels file: the folder's name is the title."""
    labels = read_labels(outputs=10)
    assert labels.match_class("tench").output is None
    assert labels.match_class("3", match="index").output == 3
    assert labels.match_class("3", match="index").title == "3"


def test_a_name_may_stand_twice_in_one_output():
    """That is no ambiguity."""
    assert Labels((Output(None, ("cat", "Cat")),)).match_class("cat").output == 0


def test_labels_do_not_need_torch():
    """The graph arm imports them and starts fast."""
    code = "import sys, summit_graph.images.labels, summit_graph.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
