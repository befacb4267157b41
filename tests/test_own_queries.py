"""Queries of the user's own: which headers are accepted, and what is said of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summit_graph.cli import main
from summit_graph.errors import UnknownNameError, UsageError
from summit_graph.store.own_queries import find_any_query, read_own_queries

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
