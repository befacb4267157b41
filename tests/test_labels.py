"""Matching class folders with the outputs of a model."""

import json
import subprocess
import sys

import pytest

from summit_graph.errors import UsageError
from summit_graph.images.labels import Labels, Output, imagenet_labels, read_labels


def test_own_names_of_the_outputs_are_used() -> None:
    """Kind: names that only some sources have. Other 1000 names are not ImageNet's; WordNet ids are ids."""
    assert read_labels(outputs=2, names=["ant", "n02206856 bee"]).match_class("n02206856").output == 1
    names = [f"thing {at}" for at in range(1000)]
    assert read_labels(outputs=1000, names=names).match_class("thing 7").output == 7
    assert read_labels(outputs=1000, names=names).match_class("tench").output is None


def test_names_of_imagenet_have_wordnet_ids() -> None:
    """torchvision's names, of which two differ, are ImageNet's outputs with their ids and further names."""
    names = [output.names[0] for output in imagenet_labels().outputs]
    names[134], names[639] = "crane bird", "maillot tank suit"
    assert read_labels(outputs=1000, names=names).match_class("n02132136").title == "brown bear"


def test_imagenet_has_1000_outputs():
    """WordNet ids are unique, and the first and last outputs are correct."""
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
def test_class_is_matched_by_id_or_name(folder, output, title):
    """Case is ignored, _ and - count as spaces, and digits are not an index."""
    matched = imagenet_labels().match_class(folder)
    assert (matched.output, matched.title, matched.warning) == (output, title, None)


@pytest.mark.parametrize("folder", ["crane", "maillot", "Cardigan"])
def test_name_of_two_outputs_matches_none(folder):
    """A warning names the folder."""
    matched = imagenet_labels().match_class(folder)
    assert (matched.output, matched.title) == (None, folder)
    assert folder in (matched.warning or "")


@pytest.mark.parametrize(
    ("folder", "output"), [("7", 7), ("999", 999), ("1000", None), ("-1", None), ("tench", 0), ("²", None)]
)
def test_digits_are_an_index_with_match_index(folder, output):
    """An index above the last output matches nothing; names still match."""
    assert imagenet_labels().match_class(folder, match="index").output == output


def test_match_none_matches_nothing():
    """A WordNet id does not match either."""
    assert imagenet_labels().match_class("n01440764", match="none").output is None


def test_outputs_are_read_from_a_file(tmp_path):
    """One output per line, several names separated by commas, with or without a WordNet id."""
    (tmp_path / "labels.txt").write_text("cat, house cat\nn01440764 tench\n\ndog\n", "utf-8")
    labels = read_labels(tmp_path / "labels.txt", outputs=4)
    assert [labels.match_class(name).output for name in ("house-cat", "n01440764", "DOG")] == [0, 1, 3]


@pytest.mark.parametrize("value", [["cat", "dog"], {"0": ["n01440764", "cat"], "1": ["n01443537", "dog"]}])
def test_outputs_are_read_from_json(tmp_path, value):
    """From a list of names, or in the form of Keras and torchvision."""
    (tmp_path / "labels.json").write_text(json.dumps(value), "utf-8")
    assert read_labels(tmp_path / "labels.json", outputs=2).match_class("dog").output == 1


CAT_AND_DOG = {
    "class_to_idx.json": '{"dog": 1, "cat": 0}',
    "text_numbers.json": '{"dog": "1", "cat": "0"}',
    "id2label.json": '{"1": "dog", "0": "cat"}',
    "config.json": '{"model": ["X"], "id2label": {"0": "cat", "1": "dog"}, "label2id": {"cat": 0, "dog": 1}}',
    "names.json": '[{"name": "cat"}, {"name": "dog"}]',
    "numbered.json": '[{"id": 1, "name": "dog"}, {"id": 0, "name": "cat"}]',
    "from_one.json": '[{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]',
    "labels_first.json": '[{"class": 0, "label": "cat"}, {"class": 1, "label": "dog"}]',
    "features.json": '{"names": ["cat", "dog"], "_type": "ClassLabel"}',
    "keras.json": '{"0": ["n02121808", "cat", "house cat"], "1": ["n02084071", "dog"]}',
    "python.txt": "{0: 'cat, house cat',\n 1: \"dog\"}",
    "list.txt": "['cat', 'dog']",
    "teachable.txt": "0 cat\n1 dog\n",
    "one.txt": "1 cat\n2 dog\n",
    "colons.txt": "1: 'dog',\n\n0: 'cat',\n",
    "tabs.txt": "0\tcat\n1\tdog",
    "last.txt": "dog 1\ncat 0\n",
    "header.txt": "index\tlabel\n0\tcat\n1\tdog\n",
    "bom.txt": "\ufeffcat\ndog\n",
    "windows.txt": "cat\r\ndog\r\n",
    "plain.csv": "cat,house cat\ndog\n",
    "quoted.csv": '0,"cat, house cat"\n1,dog\n',
    "reversed.csv": "dog,1\ncat,0\n",
    "header.csv": "id,name\n1,dog\n0,cat\n",
    "single.csv": "name\ncat\ndog\n",
    "semicolons.csv": "label;class\n0;cat\n1;dog\n",
    "wordnet.tsv": "wnid\tname\nn02121808\tcat\nn02084071\tdog\n",
}


@pytest.mark.parametrize("name", CAT_AND_DOG)
def test_common_forms_of_labels_are_equivalent(tmp_path, name):
    """Each form names output 0 cat and output 1 dog. *Kind: a similar format is read wrongly.*"""
    (tmp_path / name).write_text(CAT_AND_DOG[name], "utf-8", newline="")
    labels = read_labels(tmp_path / name, outputs=2)
    assert [(labels.match_class(one).output, labels.match_class(one).title) for one in ("cat", "dog")] == [
        (0, "cat"),
        (1, "dog"),
    ]


@pytest.mark.parametrize(
    ("lines", "folder", "output"),
    [
        (["0 - zero", "1 - one"], "0 - zero", 0),
        (["1 euro", "2 euro"], "2 euro", 1),
        (["5 cents", "10 coins"], "10 coins", 1),
        (["class 0", "class 1"], "class 1", 1),
        (["0", "1"], "1", 1),
        (["cat, house cat", "dog"], "cat, house cat", 0),
    ],
)
def test_names_with_numbers_are_read_as_names(tmp_path, lines, folder, output):
    """*Kind: a plain file is read as another format.*"""
    (tmp_path / "labels.txt").write_text("\n".join(lines), "utf-8")
    assert read_labels(tmp_path / "labels.txt", outputs=2).match_class(folder).output == output


def test_numbered_lines_may_share_a_name(tmp_path):
    """ImageNet has two cranes. *Kind: a similar format is read wrongly.*"""
    (tmp_path / "labels.txt").write_text("0 crane\n1 lion\n2 crane\n", "utf-8")
    labels = read_labels(tmp_path / "labels.txt", outputs=3)
    assert labels.match_class("lion").output == 1
    assert "0 and 2" in (labels.match_class("crane").warning or "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gap.json", '{"cat": 0, "dog": 2}'),
        ("twice.json", '{"cat": 0, "dog": 0}'),
        ("gap.txt", "0 cat\n2 dog\n"),
        ("coco.json", '{"categories": [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}]}'),
        ("nameless.json", '[{"color": "red"}, {"color": "blue"}]'),
        ("unnumbered.json", '{"cat": "small", "dog": "large"}'),
        ("nothing.json", "null"),
        ("names.yaml", "0: cat\n1: dog\n"),
        ("names.txt", "names:\n  0: cat\n  1: dog\n"),
        ("map.pbtxt", "item {\n  id: 1\n  name: 'cat'\n}\n"),
        ("map.txt", "item {\n  id: 1\n  name: 'cat'\n}\n"),
        ("deep.json", "[" * 100000),
        ("utf16.txt", "cat\ndog".encode("utf-16")),
        ("binary.txt", b"\0\1\2"),
    ],
)
def test_other_forms_are_errors(tmp_path, name, text):
    """One line names the file and the accepted forms. *Kind: a similar format is read wrongly.*"""
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=r"cannot be read: .*; write one name per line") as caught:
        read_labels(tmp_path / name, outputs=2)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_file_of_wrong_length_is_an_error(tmp_path):
    """The message has both numbers."""
    (tmp_path / "labels.txt").write_text("cat\ndog\n", "utf-8")
    with pytest.raises(UsageError, match="names 2 outputs, but the model has 3"):
        read_labels(tmp_path / "labels.txt", outputs=3)


def test_the_labels_of_inception5h_leave_its_last_outputs_without_names(tmp_path):
    """The file that comes with these weights names 1001 outputs of 1008; output 0 is a dummy."""
    names = ["dummy", *(f"thing {at}" for at in range(1, 1001))]
    (tmp_path / "labels.txt").write_text("\n".join(names))
    labels = read_labels(tmp_path / "labels.txt", outputs=1008)
    assert len(labels.outputs) == 1008
    assert labels.match_class("thing 1000").output == 1000


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b'{"0": 3'])
def test_unreadable_labels_file_is_an_error(tmp_path, text):
    """The message names the file."""
    (tmp_path / "labels.json").write_bytes(text)
    with pytest.raises(UsageError, match=r"labels\.json cannot be read"):
        read_labels(tmp_path / "labels.json", outputs=2)


def test_outputs_without_names_match_only_by_index():
    """For a fine-tuned model without a labels file, the folder's name is the title."""
    labels = read_labels(outputs=10)
    assert labels.match_class("tench").output is None
    assert labels.match_class("3", match="index").output == 3
    assert labels.match_class("3", match="index").title == "3"


def test_one_output_may_have_the_same_name_twice():
    """Such a name is not ambiguous."""
    assert Labels((Output(None, ("cat", "Cat")),)).match_class("cat").output == 0


def test_labels_do_not_need_torch():
    """The graph commands import labels and must start fast."""
    code = "import sys, summit_graph.images.labels, summit_graph.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
