"""Queries of the user's own: which headers are accepted, and what is said of the others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from summit_graph.cli import main
from summit_graph.errors import NameTakenError, SummitGraphError, UnknownNameError, UsageError
from summit_graph.store.own_queries import find_any_query, read_own_queries, write_own_query

GOOD = """// The largest classes.
// params:  $network string (Network.name) · $limit int = 5
// returns: name, images
MATCH (class:Class {network: $network}) // not $this
RETURN class.name AS name, class.images AS images, '$x' AS text
ORDER BY images DESC, name LIMIT $limit
"""


def write(folder: Path, text: str, name: str = "largest_classes.cypher") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def test_the_header_is_read_as_of_the_projects_queries(tmp_path: Path) -> None:
    """Description, parameters with defaults, and columns; a $ in text or a comment is no parameter."""
    found, faults = read_own_queries(write(tmp_path, GOOD))
    assert not faults
    assert found[0].description == "The largest classes."
    assert [(one.name, one.default) for one in found[0].parameters] == [("network", None), ("limit", "5")]
    assert found[0].columns == ("name", "images")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("// The largest classes.\n", "", "lacks a description"),
        ("// returns: name, images\n", "", "lacks // returns:"),
        ("// returns: name, images\n", "// returns: name,\n", "lacks // returns:"),
        (" · $limit int = 5", "", "lacks $limit"),
        ("$limit int = 5", "$limit int = 5 · $odd int", "has $odd, which the query does not use"),
        ("$limit int = 5", "$limit", "lacks $limit"),
        ("// returns:", "// needs:   a miracle\n// returns:", "'a miracle'"),
    ],
)
def test_a_faulty_header_is_named_with_its_file(old: str, new: str, reason: str, tmp_path: Path) -> None:
    """The other queries of the folder are usable."""
    write(tmp_path, GOOD, "good.cypher")
    found, faults = read_own_queries(write(tmp_path, GOOD.replace(old, new), "faulty.cypher"))
    assert [query.name for query in found] == ["good"]
    assert str(tmp_path / "faulty.cypher") in faults["faulty"]
    assert reason in faults["faulty"]
    with pytest.raises(UsageError, match=r"faulty\.cypher"):
        find_any_query("faulty", tmp_path)


def test_a_query_of_the_project_is_not_replaced(tmp_path: Path) -> None:
    """A file with the name of one is left out."""
    found, faults = read_own_queries(write(tmp_path, GOOD, "top_channels.cypher"))
    assert not found
    assert "rename it" in faults["top_channels"]
    assert find_any_query("top_channels", tmp_path).folder == "question"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Kind: a file that is not what its name says."""
    (tmp_path / "odd.cypher").write_bytes(b"\xff\xfe\x00")
    assert "odd.cypher cannot be read" in read_own_queries(tmp_path).faults["odd"]


def test_a_folder_that_is_named_must_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The default folder need not: most people have no queries of their own."""
    with pytest.raises(SystemExit) as ended:
        main(["query", "--queries", str(tmp_path / "missing")])
    assert ended.value.code == 2
    assert "missing" in capsys.readouterr().err
    with pytest.raises(UnknownNameError, match="no query 'largest_classes'"):
        find_any_query("largest_classes")


def test_a_folder_that_the_environment_names_must_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with ``--queries``. Kind: a mistyped name that is ignored."""
    monkeypatch.setenv("SUMMIT_GRAPH_QUERIES", str(tmp_path / "missing"))
    with pytest.raises(SystemExit) as ended:
        main(["query"])
    assert ended.value.code == 2
    assert "SUMMIT_GRAPH_QUERIES is not usable: there is no folder" in capsys.readouterr().err
    with pytest.raises(UsageError, match="SUMMIT_GRAPH_QUERIES"):
        find_any_query("largest_classes")


def test_the_environments_folder_needs_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: a setting that is ignored because another one is missing, as in a container."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", "~nobody-has-this-name/x")
    monkeypatch.setenv("SUMMIT_GRAPH_QUERIES", str(write(tmp_path, GOOD)))
    assert find_any_query("largest_classes").folder == "own"


def test_the_folder_of_the_home_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``$SUMMIT_GRAPH_HOME/queries``."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    write(tmp_path / "queries", GOOD)
    assert find_any_query("largest_classes").folder == "own"


def test_they_are_listed_first_and_faults_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``query --queries DIR --json``: the list on stdout, one line per faulty file on stderr."""
    write(tmp_path, GOOD)
    write(tmp_path, "RETURN 1", "faulty.cypher")
    with pytest.raises(SystemExit) as ended:
        main(["query", "--queries", str(tmp_path), "--json"])
    out, err = capsys.readouterr()
    assert not ended.value.code
    assert json.loads(out)[0]["name"] == "largest_classes"
    assert "faulty.cypher: it lacks a description" in " ".join(err.split())


TYPED = """// counts them
MATCH (class:Class {network: $network}) // of one network
RETURN class.name AS name, '// $x' AS text"""


def test_a_saved_query_is_read_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its comments are no header; ``$network`` is declared. Kind: a file that changes what it keeps."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    file = write_own_query("names", " All\nnames. ", TYPED, ["name", "text"])
    assert file == tmp_path / "home" / "queries" / "names.cypher"
    found = find_any_query("names")
    assert (found.description, found.columns, found.text) == ("All names.", ("name", "text"), TYPED)
    assert [(one.name, one.meaning) for one in found.parameters] == [("network", "Network.name")]
    write_own_query("one", "One.", "RETURN 1 AS one", ["one"])
    assert not find_any_query("one").parameters


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "../names"}, "no file can be named after query"),
        ({"name": "n" * 250}, "no file can be named after query"),
        ({"name": "my names"}, "letters, digits and _ only"),
        ({"name": ""}, "letters, digits and _ only"),
        ({"name": "top_channels"}, "has a query top_channels of its own"),
        ({"description": " "}, "lacks a description"),
        ({"description": "returns: all"}, "its description starts with a word of the header"),
        ({"columns": ["[1, 2]"]}, "name each one with AS"),
        ({"columns": ["a\nb"]}, "name each one with AS"),
        ({"columns": ["nothing"]}, "name each one with AS"),
        ({"text": "RETURN 'a\n// b' AS one"}, "a line within a string or comment starts with //"),
        ({"text": "RETURN $other AS one"}, "lacks $other"),
    ],
)
def test_what_would_not_be_read_again_is_not_saved(
    changed: dict[str, Any], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is written. Kind: a file that its own reader refuses."""
    monkeypatch.setenv("SUMMIT_GRAPH_QUERIES", str(tmp_path))
    usual = {"name": "names", "description": "One.", "text": "RETURN 1 AS one", "columns": ["one"]}
    with pytest.raises(SummitGraphError, match=re.escape(reason)):
        write_own_query(**(usual | changed))
    assert not list(tmp_path.iterdir())


def test_a_saved_query_is_replaced_only_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: a file that is overwritten by accident."""
    monkeypatch.setenv("SUMMIT_GRAPH_QUERIES", str(write(tmp_path, GOOD)))
    new = ("largest_classes", "Another.", "RETURN 1 AS one", ["one"])
    with pytest.raises(NameTakenError, match="there is a query largest_classes already"):
        write_own_query(*new)
    assert find_any_query("largest_classes").description == "The largest classes."
    write_own_query(*new, replace=True)
    assert find_any_query("largest_classes").description == "Another."
    assert [file.name for file in tmp_path.iterdir()] == ["largest_classes.cypher"]


def test_a_place_that_is_no_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: an error of the system without the file's name."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    (tmp_path / "queries").write_text("")
    with pytest.raises(SummitGraphError, match=r"one\.cypher cannot be written"):
        write_own_query("one", "One.", "RETURN 1 AS one", ["one"])
