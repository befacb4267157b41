"""Pictures of channels: found by the weights' hash, never those of another model."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from summit_graph.errors import SummitGraphError
from summit_graph.pictures import index as pictures
from summit_graph.records import Channel
from summit_graph.settings import package_folder
from summit_graph.system.own_folders import MARK, is_own_folder

HASH, OTHER_HASH = "ab" * 32, "cd" * 32
CHANNEL = Channel("mixed4c", 447)
BIRDS = pictures.ExampleOwner("birds")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without pictures."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    return tmp_path


def write_index(folder: Path, *, weights_sha256: str = HASH, kinds: tuple[str, ...] = ("channel",)) -> None:
    """An index of pictures of mixed4c/447."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [{"channel": str(CHANNEL), "kind": kind, "file": f"mixed4c/{kind}.webp"} for kind in kinds]
    content = {"format": 1, "weights_sha256": weights_sha256, "pictures": listed}
    pictures.write_json(folder / "index.json", content)


def test_a_picture_is_found_by_the_weights_hash(home: Path) -> None:
    """It is in the folder named after the first 16 digits."""
    write_index(home / "pictures" / HASH[:16])
    found = pictures.find_pictures(HASH)
    assert found.file_of(CHANNEL) == home / "pictures" / HASH[:16] / "mixed4c" / "channel.webp"


def test_another_model_has_no_picture(home: Path) -> None:
    """Nothing is found for another hash, or if the folder's index names other weights."""
    write_index(home / "pictures" / HASH[:16], weights_sha256=OTHER_HASH)
    assert pictures.find_pictures(OTHER_HASH).file_of(CHANNEL) is None
    assert pictures.find_pictures(HASH).file_of(CHANNEL) is None
    assert pictures.find_pictures(None).files == {}


def test_diversity_images_are_in_order(home: Path) -> None:
    """All existing ones, by number."""
    write_index(home / "pictures" / HASH[:16], kinds=("diversity-2", "channel", "diversity-0"))
    assert pictures.find_pictures(HASH).diversity_kinds(CHANNEL) == ["diversity-0", "diversity-2"]


def test_own_pictures_replace_those_of_the_package(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The package's picture is used if the user rendered none."""
    bundled = tmp_path / "bundled"
    monkeypatch.setattr(pictures, "picture_roots", lambda: (home / "pictures", bundled))
    write_index(bundled / HASH[:16], kinds=("channel", "diversity-0"))
    write_index(home / "pictures" / HASH[:16])
    found = pictures.find_pictures(HASH)
    assert found.file_of(CHANNEL).is_relative_to(home)
    assert found.file_of(CHANNEL, "diversity-0").is_relative_to(bundled)


def test_a_damaged_index_is_named(home: Path) -> None:
    """The error names the file and what to do."""
    folder = home / "pictures" / HASH[:16]
    folder.mkdir(parents=True)
    (folder / "index.json").write_text('{"format": 1')
    with pytest.raises(SummitGraphError, match=r"index\.json is damaged .* render again"):
        pictures.find_pictures(HASH)


def test_examples_are_read_with_their_boxes(home: Path) -> None:
    """The strongest first; an example without a thumbnail has None."""
    folder = pictures.examples_folder(pictures.picture_folder(HASH), "birds")
    folder.mkdir(parents=True)
    one = {
        "class": "bear",
        "file": "bear/1.jpg",
        "activation": 9.5,
        "box": [1, 2, 3, 4],
        "thumbnail": "a.webp",
    }
    two = {**one, "activation": 8.0, "thumbnail": None}
    content = {"format": 1, "weights_sha256": HASH, "examples": {str(CHANNEL): [one, two]}}
    (folder / "examples.json").write_text(json.dumps(content))
    first, second = pictures.find_pictures(HASH, owner=BIRDS).examples_of(CHANNEL)
    assert first == pictures.Example("bear", "bear/1.jpg", 9.5, (1, 2, 3, 4), folder / "a.webp")
    assert second.thumbnail is None
    assert pictures.find_pictures(HASH).examples_of(CHANNEL) == ()


def test_published_pictures_are_found_by_name(tmp_path: Path) -> None:
    """``mixed4c-447-channel.jpg`` is the picture of mixed4c/447; other files are ignored."""
    (tmp_path / "channel").mkdir()
    for name in ("mixed4c-447-channel.jpg", "readme-channel.txt"):
        (tmp_path / "channel" / name).touch()
    found = pictures.published_pictures(tmp_path)
    assert list(found.files) == [(CHANNEL, "channel")]


def test_only_pictures_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An imported folder may contain a page or an SVG with a picture's name; a browser would run its scripts.
    *Kind: a foreign file decides what is run.*"""
    monkeypatch.syspath_prepend(package_folder("app"))
    files = importlib.import_module("explorer.files")
    for name in ("a.webp", "b.html", "c.svg"):
        (tmp_path / name).write_text("<script>alert(1)</script>")
    picture, *others = (
        files.picture_response(tmp_path / name, CHANNEL) for name in ("a.webp", "b.html", "c.svg")
    )
    assert picture.media_type == "image/webp"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    for other in others:
        assert other.body.decode() == pictures.placeholder_svg(CHANNEL)


def test_the_placeholder_names_the_channel() -> None:
    """Valid SVG with layer and index."""
    texts = [
        text.text for text in ElementTree.fromstring(pictures.placeholder_svg(CHANNEL)).iter() if text.text
    ]
    assert texts == ["mixed4c", "447"]


def write_examples(folder: Path) -> Path:
    """Patches of images of two classes; one image is an example of both channels."""
    shared, own = ("bear", "aa/1.webp"), ("lion", "bb/2.webp")
    listed = {"mixed4c/447": [shared, own], "mixed4c/1": [own]}
    content = {
        channel: [
            {"class": name, "file": "1.jpg", "activation": 2.0, "box": [0, 0, 9, 9], "thumbnail": file}
            for name, file in found
        ]
        for channel, found in listed.items()
    }
    write_list(folder, content)
    for _, file in (shared, own):
        (folder / file).parent.mkdir()
        (folder / file).touch()
    for name in ("bear", "lion"):
        pictures.kept_class(folder, name).parent.mkdir(exist_ok=True)
        pictures.kept_class(folder, name).touch()
    return folder


def write_list(folder: Path, examples: dict) -> None:
    content = {"format": 1, "weights_sha256": HASH, "examples": examples}
    pictures.write_json(folder / "examples.json", content)


@pytest.fixture
def examples(home: Path) -> Path:
    """The examples of network birds."""
    folder = write_examples(pictures.examples_folder(pictures.picture_folder(HASH), "birds"))
    for one in (folder, pictures.kept_classes(folder)):
        (one / MARK).touch()
    return folder


@pytest.fixture
def former(home: Path) -> Path:
    """The examples that an earlier version stored for the images' folder photos."""
    return write_examples(home / "pictures" / HASH[:16] / "examples" / "photos")


def classes_shown(owner: pictures.ExampleOwner) -> set[str]:
    shown = pictures.find_pictures(HASH, owner=owner).examples
    return {one.class_name for found in shown.values() for one in found}


def test_examples_of_a_class_are_removed(examples: Path) -> None:
    """Its patches are also deleted from the disk; the others are kept."""
    pictures.drop_examples(HASH, network="birds", class_name="lion")
    found = pictures.find_pictures(HASH, owner=BIRDS).examples
    assert {channel: [one.class_name for one in each] for channel, each in found.items()} == {
        CHANNEL: ["bear"]
    }
    assert (examples / "aa/1.webp").exists()
    assert not (examples / "bb/2.webp").exists()
    assert pictures.kept_class(examples, "bear").exists()
    assert not pictures.kept_class(examples, "lion").exists()


def test_all_examples_of_a_network_are_removed(examples: Path) -> None:
    """Including the classes' stored contributions, but not those of another network."""
    other = write_examples(examples.with_name("other"))
    pictures.drop_examples(HASH, network="birds")
    assert pictures.find_pictures(HASH, owner=BIRDS).examples == {}
    assert not examples.exists()
    assert not pictures.kept_class(examples, "bear").exists()
    assert (other / "examples.json").exists()
    pictures.drop_examples(HASH, network="birds")


def test_examples_are_of_one_network(examples: Path) -> None:
    """Kind: identity by base name. Another network with a folder of the same name shows none of them."""
    assert classes_shown(pictures.ExampleOwner("fish", "photos", "2020-01-01T00:00:00Z", {"bear"})) == set()


BEFORE, AFTER = "2020-01-01T00:00:00.123456789Z", "2999-01-01T00:00:00Z"


def test_examples_of_an_earlier_version_are_shown(former: Path) -> None:
    """Kind: identity by base name. A network of that time shows those of its classes, a later one none."""
    assert classes_shown(pictures.ExampleOwner("birds", "photos", BEFORE, {"bear"})) == {"bear"}
    assert classes_shown(pictures.ExampleOwner("birds", "photos", AFTER, {"bear"})) == set()


def test_examples_of_an_earlier_version_are_adopted(former: Path) -> None:
    """They are copied to the network, so that a new class is added to them; the old folder is kept."""
    owner = pictures.ExampleOwner("birds", "photos", BEFORE, {"bear", "lion"})
    folder = pictures.picture_folder(HASH)
    for _ in range(2):
        pictures.adopt_former_examples(folder, owner)
    own = pictures.examples_folder(folder, "birds")
    assert (own / "aa/1.webp").exists()
    assert pictures.kept_class(own, "lion").exists()
    assert is_own_folder(own)
    assert (former / "examples.json").exists()
    assert classes_shown(pictures.ExampleOwner("birds")) == {"bear", "lion"}


def test_examples_of_an_earlier_version_are_removed(former: Path) -> None:
    """First of one class, then of all."""
    pictures.drop_former_examples(HASH, dataset="photos", class_name="lion")
    assert not (former / "bb/2.webp").exists()
    pictures.drop_former_examples(HASH, dataset="photos")
    assert not former.exists()
    assert not pictures.kept_class(former, "bear").exists()


@pytest.mark.parametrize("class_name", [None, "bear"])
@pytest.mark.parametrize("name", ["..", "../../../precious", ".", "", "a/b", "x" * 300, "nul\0", "\udcff"])
def test_a_name_cannot_point_outside_of_the_pictures(
    name: str, class_name: str | None, home: Path, examples: Path
) -> None:
    """Kind: a path made from data. Nothing is deleted for a network, dataset or hash named like a path."""
    precious = home / "precious"
    write_list(precious, {})
    before = sorted(home.rglob("*"))
    for weights in (HASH, "../../../precious", ".."):
        pictures.drop_examples(weights, network=name, class_name=class_name)
        pictures.drop_former_examples(weights, dataset=name, class_name=class_name)
        pictures.drop_former_examples(weights, dataset=str(precious), class_name=class_name)
    assert sorted(home.rglob("*")) == before


def test_a_folder_without_the_mark_is_not_deleted(home: Path) -> None:
    """Kind: a path made from data. Folders of other programs and targets of links are kept."""
    folder = pictures.examples_folder(pictures.picture_folder(HASH), "birds")
    theirs = write_examples(folder)
    pictures.drop_examples(HASH, network="birds")
    assert (theirs / "examples.json").exists()
    (home / "precious").mkdir()
    (home / "precious" / MARK).touch()
    folder.with_name("link").symlink_to(home / "precious")
    pictures.drop_examples(HASH, network="link")
    assert (home / "precious" / MARK).exists()


@pytest.mark.parametrize("file", ["../../../../precious", "/etc/hostname", "aa/../../x", "", "link/x.webp"])
def test_a_list_names_only_files_in_its_folder(file: str, home: Path, examples: Path) -> None:
    """Kind: a path made from data. A thumbnail elsewhere is not shown or deleted, also not through a link."""
    (home / "precious").mkdir()
    (home / "precious" / "x.webp").touch()
    (examples / "link").symlink_to(home / "precious")
    one = {"class": "lion", "file": "1.jpg", "activation": 2.0, "box": [0, 0, 9, 9], "thumbnail": file or "/"}
    write_list(examples, {str(CHANNEL): [one]})
    with pytest.raises(SummitGraphError, match="not a file below it"):
        pictures.drop_examples(HASH, network="birds", class_name="lion")
    assert (home / "precious" / "x.webp").exists()


def test_a_picture_outside_of_the_folder_is_not_shown(home: Path) -> None:
    """Kind: a path made from data. The explorer would serve the file."""
    folder = home / "pictures" / HASH[:16]
    listed = [{"channel": str(CHANNEL), "kind": "channel", "file": "../../../secret"}]
    pictures.write_json(folder / "index.json", {"format": 1, "weights_sha256": HASH, "pictures": listed})
    with pytest.raises(SummitGraphError, match="not a file below it"):
        pictures.find_pictures(HASH)
