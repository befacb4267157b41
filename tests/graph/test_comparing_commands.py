"""The commands compare, neighbours, motifs, embed, import and graph --specific."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from summit_graph.cli import main
from summit_graph.store.connection import Database
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import class_tables, manifest
from tests.graph.test_comparison import write_published
from tests.shapes import label_channels
from tests.test_published import contents, entry

CHAIN = {
    "mixed4a": [entry(9, "mixed4a", (5, 3))],
    "mixed3b": [entry(5, "mixed3b", (1, 10))],
    "mixed3a": [entry(1, "mixed3a")],
}


pytestmark = pytest.mark.usefixtures("environment")


class Commands:
    """Runs commands and returns their output."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = self._capsys.readouterr()
        return int(ended.value.code or 0), out, err

    def json(self, *words: object) -> Any:
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def published(fresh_database: Database, tmp_path: Path, commands: Commands) -> Path:
    """Four imported classes, two of which have the same chain of three channels."""
    other = {"mixed3a": [entry(7, "mixed3a")]}
    folder = write_published(tmp_path / "published", _294=CHAIN, _295=CHAIN, _296=other, _297=other)
    assert commands.run("import", folder)[0] == 0
    return folder


def test_compare_as_json(published: Path, commands: Commands) -> None:
    """The keys are those of the specification; classes are in the given order."""
    found = commands.json("compare", "295", "brown bear")
    assert list(found) == ["network", "model", "software", "classes", "shared", "union", "only", "layers"]
    assert found["classes"] == ["n02133161", "n02132136"]
    assert found["shared"]["edges"] == [["mixed3a/1", "mixed3b/5"], ["mixed3b/5", "mixed4a/9"]]


def test_compare_as_graphml(published: Path, commands: Commands) -> None:
    """GraphML of the union; each node and edge has the classes that contain it."""
    import networkx

    code, out, _ = commands.run("compare", "294", "296", "--format", "graphml")
    graph = networkx.parse_graphml(out)
    assert code == 0
    assert graph.nodes["mixed3a/7"]["in"] == "only"
    assert graph.nodes["mixed3a/7"]["classes"] == "n02134084"
    assert graph.edges["mixed3a/1", "mixed3b/5"]["count n02132136"] == 10


def test_compare_as_table(published: Path, commands: Commands) -> None:
    """Without --json: tables of layers, channels and edges, the highest layer first."""
    code, out, _ = commands.run("compare", "294", "295")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "layer\tjaccard\tcosine\tonly brown bear\tonly American black bear\tshared"
    assert "mixed4a/9\tshared\t7\t7" in lines
    assert "mixed3a/1 > mixed3b/5\tshared\t10\t10" in lines


def test_compare_of_one_class_is_a_usage_error(published: Path, commands: Commands) -> None:
    """The exit code is 2 and the error gives the reason."""
    code, out, err = commands.run("compare", "294")
    assert (code, out) == (2, "")
    assert "two different classes" in err


def test_motifs_as_json(published: Path, commands: Commands) -> None:
    """The chain of two classes; the degrees determine it, so its p is 1."""
    found = commands.json("motifs")
    assert (found["network"], found["classes"]) == ("inception5h-imagenet", 4)
    assert found["motifs"] == [
        {
            "shape": "chain",
            "channels": ["mixed3a/1", "mixed3b/5", "mixed4a/9"],
            "support": 2,
            "classes": ["n02132136", "n02133161"],
            "expected": 2.0,
            "z": None,
            "p": 1.0,
            "q": 1.0,
        }
    ]


def test_motifs_without_null_model(published: Path, commands: Commands) -> None:
    """--null 0 omits the statistics; --size, --min-support, --limit and --layer filter."""
    assert commands.json("motifs", "--null", "0")["motifs"][0]["q"] is None
    pairs = commands.json("motifs", "--size", "2", "--limit", "1")["motifs"]
    assert [motif["channels"] for motif in pairs] == [["mixed3a/1", "mixed3b/5"]]
    assert commands.json("motifs", "--min-support", "3")["motifs"] == []
    assert commands.json("motifs", "--layer", "mixed5b")["motifs"] == []
    assert commands.json("motifs", "--class", "294", "--class", "296")["classes"] == 2


def test_motifs_have_the_labels_of_their_channels(
    published: Path, commands: Commands, fresh_database: Database
) -> None:
    """In their order, a dash for a channel without one; no column where nothing is labelled."""
    assert "labels" not in commands.run("motifs", "--null", "0")[1]
    label_channels(fresh_database, "inception5h-imagenet", {"mixed3b/5": "fur", "mixed4a/9": "dog, not cat"})
    head, row, *_ = commands.run("motifs", "--null", "0")[1].splitlines()
    assert head.endswith("\tlabels")
    assert row.endswith("\t- > fur > dog, not cat")


def test_motifs_of_a_group(published: Path, commands: Commands, tmp_path: Path) -> None:
    """A group from the command line, a file or a community: only its classes have the chain."""
    file = tmp_path / "bears.txt"
    file.write_text("294\nn02133161\n")
    for option in (("--group", "294,295"), ("--group", file), ("--community", "294")):
        found = commands.json("motifs", "--null", "0", *option)
        assert found["group"] == ["n02132136", "n02133161"]
        group = found["motifs"][0]["group"]
        assert (group["inside"], group["outside"], group["odds_ratio"]) == (2, 0, None)
        assert group["p"] == pytest.approx(1 / 6)
    channels = commands.json("motifs", "--shape", "channel", "--group", "294,295")["motifs"]
    assert {row["channels"][0] for row in channels[:3]} == {"mixed3a/1", "mixed3b/5", "mixed4a/9"}


def test_store_option_writes_motifs(published: Path, commands: Commands) -> None:
    """--store writes them to the graph, where named queries find them."""
    code, _, err = commands.run("motifs", "--store")
    assert (code, "Stored 1 motif in network" in err) == (0, True)
    rows = commands.json("query", "motifs_of_class", "-p", "class=294")["rows"]
    assert rows[0][:3] == ["chain", ["mixed3a/1", "mixed3b/5", "mixed4a/9"], 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shape", "triangle"], "neighbouring layers only"),
        (["--size", "12"], "2 to 9"),
        (["--layer", "mixed6a"], "mixed6a"),
        (["--shape", "channel"], "--group"),
        (["--group", "294", "--community", "294"], "not both"),
        (["--group", "294,295,296,297"], "some of the classes, not none or all"),
    ],
)
def test_wrong_motif_options(published: Path, commands: Commands, words: list[str], message: str) -> None:
    """The exit code is 2 and the error gives the reason in one line."""
    code, out, err = commands.run("motifs", *words)
    assert (code, out) == (2, "")
    assert message in err


def test_embed_and_neighbours(shapes: Database, commands: Commands) -> None:
    """embed prints the number of embedded classes; neighbours lists the others, the most similar first."""
    embedded = commands.json("embed")
    assert (embedded["network"], embedded["classes"], len(embedded["moves"])) == ("shapes", 5, 8)
    found = commands.json("neighbours", "bear", "--layer", "mixed4c", "--limit", "1")["neighbours"]
    assert [(row["layer"], row["class"]) for row in found] == [("mixed4c", "bear again")]


def test_neighbours_of_imported_classes_explain_missing_data(published: Path, commands: Commands) -> None:
    """A message says that rows of A are known only in part."""
    _, _, err = commands.run("neighbours", "294")
    assert "only attribution graphs" in err


def test_graph_of_specific_channels(fresh_database: Database, commands: Commands) -> None:
    """--specific omits the channel that is active for every class."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    for name, own in {"a": 1, "b": 2}.items():
        rows = [("mixed3a", 0, 40), ("mixed3a", own, 39), ("mixed3b", own, 39)]
        loader.load_class(class_tables(name, rows, [("mixed3b", "1x1", "direct", own % 2, 0, 5)], images=40))
    whole = json.loads(commands.run("graph", "a")[1])["nodes"]
    specific = json.loads(commands.run("graph", "a", "--specific")[1])["nodes"]
    assert [
        (node["layer"], node["channel"]) for node in whole if node not in specific and node["count"] == 40
    ] == [("mixed3a", 0)]
    assert all(node["count"] == 39 for node in specific)


def test_graph_and_export_restore_the_published_form(
    published: Path, commands: Commands, tmp_path: Path
) -> None:
    """--format summit and export of an imported class have the content of its file."""
    original = contents(CHAIN)
    _, out, _ = commands.run("graph", "294", "--format", "summit")
    assert commands.run("export", tmp_path / "out")[0] == 0
    exported = (tmp_path / "out" / "ag" / "ag-294.json").read_text()
    for text in (out, exported):
        assert contents({layer: listed for layer, listed in json.loads(text).items() if listed}) == original


def test_messages_use_the_singular(fresh_database: Database, commands: Commands, tmp_path: Path) -> None:
    """import, embed and export print "1 class"."""
    folder = write_published(tmp_path / "published", _294=CHAIN)
    messages = [" ".join(commands.run(*words)[2].split()) for words in (
        ("import", folder), ("embed",), ("export", tmp_path / "out")
    )]  # fmt: skip
    assert "Imported 1 class into network" in messages[0]
    assert "Embedded 1 class of network" in messages[1]
    assert messages[2].endswith(": 1 class.")


def test_import_without_graphs_is_an_error(
    fresh_database: Database, commands: Commands, tmp_path: Path
) -> None:
    """A folder without published graphs gives exit code 1 and an error that names it."""
    code, _, err = commands.run("import", tmp_path)
    assert code == 1
    assert "published form" in " ".join(err.split())
