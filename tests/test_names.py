"""File names made from data, and names in messages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.names import (
    MOST_BYTES,
    checked_part,
    did_you_mean,
    file_for,
    is_part,
    path_below,
    same,
    split_list,
    visible,
)
from summit_graph.store.networks import checked_name, default_name
from summit_graph.system.own_folders import MARK, delete_own_folder, make_own_folder
from tests.count_tables import manifest


@pytest.mark.parametrize("name", ["bear", "American black bear", "クマ", "a.b", "..a", "-", "x" * MOST_BYTES])
def test_ordinary_names_are_parts_of_paths(name: str) -> None:
    """Kind: a path made from data. Names that file systems accept are accepted."""
    assert is_part(name)
    assert checked_part(name, "class") == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a\0", "x" * 256, "é" * 128, "\udc80", None, 3])
def test_other_names_are_rejected(name: str) -> None:
    """Kind: a path made from data. Names that point to another folder, or are not file names, are refused."""
    assert not is_part(name)
    with pytest.raises(SummitGraphError, match="no file can be named after class"):
        checked_part(name if isinstance(name, str) else "", "class")


@pytest.mark.parametrize("name", ["x" * 226, "x" * 249, "x" * 255, "é" * 127, "クマ" * 42])
def test_long_names_have_distinct_files(name: str, tmp_path: Path) -> None:
    """Kind: names as file names. A long name is shortened to leave space for a prefix; files are distinct."""
    file = file_for(name, ".json")
    (tmp_path / f".{file}.12345.part").touch()
    assert file.endswith(".json")
    assert file != file_for(name[:-1], ".json")
    assert file_for("bear", ".json") == "bear.json"


def test_listed_file_may_be_in_a_subfolder(tmp_path: Path) -> None:
    """Kind: a path made from data. Subfolders are allowed."""
    assert path_below(tmp_path, "aa/1.webp", follow=True) == tmp_path / "aa" / "1.webp"


def test_composed_and_decomposed_accents_are_the_same() -> None:
    """Kind: names from users as identity. The decomposed form of macOS is the same name."""
    assert same("cafe\u0301", "caf\u00e9")
    assert not same("cafe", "caf\u00e9")


def test_control_characters_are_escaped() -> None:
    """Kind: names from users as syntax. They cannot move the cursor, set colours or reverse the text."""
    assert visible("a\tb\nc\x1b[31m\x9b\u202e\x7f") == "a\\tb\\nc\\x1b[31m\\x9b\\u202e\\x7f"
    assert visible("a\nb", keep="\n") == "a\nb"
    assert visible("Bär 🐻‍❄️ \\n") == "Bär 🐻‍❄️ \\n"


def test_own_folder_is_deleted(tmp_path: Path) -> None:
    """Kind: deletion. Its content is deleted; links are deleted but not their targets; also empty folders."""
    (tmp_path / "precious").mkdir()
    own = make_own_folder(tmp_path / "own")
    (own / "a" / "b").mkdir(parents=True)
    (own / "link").symlink_to(tmp_path / "precious")
    delete_own_folder(own)
    delete_own_folder(own)
    assert [file.name for file in tmp_path.iterdir()] == ["precious"]
    delete_own_folder(tmp_path / "precious")  # as after a deletion that was killed at its end
    assert not list(tmp_path.iterdir())


def test_other_folders_are_not_deleted(tmp_path: Path) -> None:
    """Kind: deletion. A non-empty folder without the marker, and a link to a folder with it, are kept."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").touch()
    make_own_folder(tmp_path / "own")
    (tmp_path / "link").symlink_to(tmp_path / "own")
    for name in ("theirs", "link"):
        with pytest.raises(SummitGraphError, match="so it is not deleted"):
            delete_own_folder(tmp_path / name)
    with pytest.raises(SummitGraphError, match="was not made by summit-graph"):
        make_own_folder(tmp_path / "theirs")
    assert (tmp_path / "theirs" / "file").exists()
    assert (tmp_path / "own" / MARK).exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("lion,tiger", ["lion", "tiger"]),
        (' lion , "crane, bird",,', ["lion", "crane, bird"]),
        ('5" nail,say ""hi""', ['5" nail', 'say ""hi""']),
        ('"say ""hi"", bear"', ['say "hi", bear']),
        ("", []),
    ],
)
def test_list_may_have_names_with_commas(text: str, names: list[str]) -> None:
    """Kind: names in another syntax. They are quoted as in CSV."""
    assert split_list(text) == names


def test_network_name_does_not_start_with_a_dash() -> None:
    """After ``--network`` it would be read as an option (kind: text in another program's syntax)."""
    with pytest.raises(UsageError, match="not first"):
        checked_name("-x")
    assert default_name(replace(manifest(), model="-tiny")) == "tiny-shapes"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("/home/me/nets/cifar.py:build", "cifar_build-shapes"),
        ("exported/model.pt2", "model-shapes"),
        ("timm:resnet50", "timm_resnet50-shapes"),
        ("my.package:build", "my.package_build-shapes"),
    ],
)
def test_default_network_name_has_no_path(model: str, name: str) -> None:
    """A file's model is called by the file's stem."""
    assert default_name(replace(manifest(), model=model)) == name


@pytest.mark.parametrize(
    ("text", "offered", "end"),
    [
        ("wombatt", ["wombat", "lion"], "; did you mean wombat?"),
        (
            "bear",
            ["brown bear", "American black bear", "bus"],
            "; did you mean brown bear or American black bear?",
        ),
        ("mixed4x", ["mixed3a", "mixed4a", "mixed4b", "stem"], "; did you mean mixed4a or mixed4b?"),
        ("xyzzy", ["wombat", "lion"], ""),
        ("wombat", [], ""),
    ],
)
def test_similar_names_are_suggested(text: str, offered: list[str], end: str) -> None:
    """At most three, the most similar first; nothing where no name is similar."""
    assert did_you_mean(text, offered) == end
