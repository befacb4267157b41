"""The commands end to end, from images to attribution graphs, with a narrow model and a real database."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import networkx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from summit_graph.cli import main
from summit_graph.counts.inception import inception_stops
from summit_graph.counts.writer import write_count_folder
from summit_graph.records import Parameters
from summit_graph.store.connection import Database
from summit_graph.store.networks import list_networks
from summit_graph.store.server.local import Endpoint
from summit_graph.system.atomic_files import sha256_of
from summit_graph.views.pictures import read_pictures
from tests.conftest import use_database
from tests.count_tables import SMALL_LAYERS, class_tables, manifest, random_class, rewrite_as_format_1
from tests.small_model import write_images, write_small_weights
from tests.test_count_checks import edit


class Outcome(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


class Command:
    """Runs ``summit-graph`` in this process against the tests' database."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.capsys = capsys
        self.weights = write_small_weights(folder / "narrow.safetensors")
        self.images = write_images(folder / "photos", {"ant": 5, "bee": 4})

    def __call__(self, *words: object) -> Outcome:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = self.capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, " ".join(err.split()))

    def ingest(self, *more: object) -> Outcome:
        return self("ingest", self.images, "--weights", self.weights, "--processes", 1, *more)


@pytest.fixture
def summit_graph(
    database: Endpoint,
    fresh_database: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    use_database(monkeypatch, database)
    return Command(capsys, tmp_path)


def printed_graph(summit_graph: Command, *words: str) -> dict[str, Any]:
    """``graph`` as JSON, scores to ten digits: GDS adds in an undefined order."""
    return rounded(json.loads(summit_graph("graph", *words).out))


def rounded(graph: dict[str, Any]) -> dict[str, Any]:
    nodes = [node | {"pagerank": float(f"{node['pagerank']:.10g}")} for node in graph["nodes"]]
    return graph | {"nodes": nodes}


def test_from_images_to_a_printed_graph(summit_graph: Command) -> None:
    """``ingest`` then ``graph``: JSON with the keys of the specification, with nodes and edges."""
    done = summit_graph.ingest()
    assert done.code == 0, done.err
    value = json.loads(summit_graph("graph", "ant").out)
    made_from = ["network", "model", "weights_sha256", "software", "measure", "selected_by"]
    assert list(value) == [*made_from, "class", "images", "nodes", "edges"]
    assert (value["network"], value["class"], value["images"]) == ("narrow-photos", "ant", 5)
    assert list(value["nodes"][0]) == ["layer", "channel", "count", "pagerank"]
    ends = ["layer", "channel", "previous_layer", "previous"]
    assert list(value["edges"][0]) == [*ends, "count", "via", "via_stop", "skip"]


def test_other_formats_have_the_same_graph(summit_graph: Command) -> None:
    """summit, GraphML and DOT have the nodes of the JSON form."""
    summit_graph.ingest()
    nodes = {f"{n['layer']}/{n['channel']}" for n in json.loads(summit_graph("graph", "ant").out)["nodes"]}
    summit = json.loads(summit_graph("graph", "ant", "--format", "summit").out)
    assert {f"{layer}/{c['channel']}" for layer, part in summit.items() for c in part} == nodes
    assert all(len(c["attr_channels"]) <= 3 for part in summit.values() for c in part)
    graphml = networkx.parse_graphml(summit_graph("graph", "ant", "--format", "graphml").out)
    assert set(graphml.nodes) == nodes
    dot = summit_graph("graph", "ant", "--format", "dot").out
    assert all(f'"{node}"' in dot for node in nodes)


def test_ingest_equals_aggregate_and_load(summit_graph: Command, tmp_path: Path) -> None:
    """Both give the same graph."""
    summit_graph.ingest("--network", "one")
    aggregated = summit_graph(
        "aggregate", summit_graph.images, "--out", tmp_path / "counts", "--weights", summit_graph.weights
    )
    assert aggregated.code == 0, aggregated.err
    assert summit_graph("load", tmp_path / "counts", "--network", "two").code == 0
    one, two = (printed_graph(summit_graph, "bee", "--network", name) for name in ("one", "two"))
    assert one["nodes"] == two["nodes"]
    assert one["edges"] == two["edges"]


def examples_of(home: Path, monkeypatch: pytest.MonkeyPatch, summit_graph: Command) -> dict[str, Any]:
    """Gather the examples with ``examples`` into another home."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(home))
    done = summit_graph("examples", summit_graph.images, "--weights", summit_graph.weights, "--processes", 1)
    assert done.code == 0, done.err
    return json.loads(next(home.rglob("examples.json")).read_text())


def test_ingest_gathers_examples_class_by_class(
    summit_graph: Command, fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs with one class each give the examples of one run over both; the explorer reads them."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    for name in ("bee", "ant"):
        done = summit_graph.ingest("--class", name)
        assert done.code == 0, done.err
    gathered = json.loads(next((tmp_path / "home").rglob("examples.json")).read_text())
    shown = read_pictures(fresh_database, "narrow-photos").examples
    assert {one.class_name for examples in shown.values() for one in examples} == {"ant", "bee"}
    assert all(one.thumbnail and one.thumbnail.is_file() for one in next(iter(shown.values())))
    assert gathered == examples_of(tmp_path / "other", monkeypatch, summit_graph)


def test_hostile_folder_is_refused_completely(
    summit_graph: Command, fresh_database: Database, tmp_path: Path
) -> None:
    """Kind: hostile count folders. load, import and merge fail with one line and create no network."""
    counts = tmp_path / "counts"
    classes = [random_class("bear", 1), random_class("lion", 2, images=5)]
    write_count_folder(counts, manifest(parameters=Parameters(top_influences=9)), classes)
    rows = pq.read_table(counts / "activations.parquet")
    pq.write_table(pa.concat_tables([rows, rows.slice(len(rows) - 1)]), counts / "activations.parquet")
    about = json.loads((counts / "manifest.json").read_text())
    about["files"]["activations.parquet"] = sha256_of(counts / "activations.parquet")
    (counts / "manifest.json").write_text(json.dumps(about))
    for words in (("load", counts), ("import", counts), ("merge", counts, "--out", tmp_path / "out")):
        refused = summit_graph(*words)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.endswith("class 'lion': a row occurs twice")
    assert list_networks(fresh_database) == []
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_counts_of_other_layers_are_another_network(
    summit_graph: Command, fresh_database: Database, tmp_path: Path
) -> None:
    """Kind: counts that do not belong together. The weights are the same; the default name is taken."""
    narrow = tuple(replace(layer, channels=6, branches=(2, 2, 2, 0)) for layer in SMALL_LAYERS)
    for name, layers in (("whole", SMALL_LAYERS), ("narrow", narrow)):
        counted = manifest(layers=layers, stops=inception_stops(layers))
        write_count_folder(tmp_path / name, counted, [class_tables(name, [("mixed3a", 0, 3)])])
    assert summit_graph("load", tmp_path / "whole").code == 0
    refused = summit_graph("load", tmp_path / "narrow")
    assert refused.code == 1
    assert "network 'tiny-shapes' was made with other layers than these counts" in refused.err
    assert summit_graph("load", tmp_path / "narrow", "--network", "narrow").code == 0
    assert summit_graph("load", tmp_path / "narrow").code == 0
    assert [(one.name, one.classes) for one in list_networks(fresh_database)] == [
        ("narrow", 1),
        ("tiny-shapes", 1),
    ]


def test_examples_are_kept_by_network(
    summit_graph: Command, fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind: identity by base name. Two networks from folders of the same name have separate examples."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    for network, class_name in (("one", "cat"), ("two", "dog")):
        images = write_images(tmp_path / network / "train", {class_name: 3})
        done = summit_graph(
            "ingest", images, "--weights", summit_graph.weights, "--network", network, "--processes", 1
        )
        assert done.code == 0, done.err
    for network, class_name in (("one", "cat"), ("two", "dog")):
        shown = read_pictures(fresh_database, network).examples.values()
        assert {one.class_name for examples in shown for one in examples} == {class_name}
    assert "networks/one" in summit_graph("rm", "--network", "one").err
    assert [folder.name for folder in (tmp_path / "home").glob("pictures/*/networks/[!.]*")] == ["two"]


@pytest.mark.parametrize(("answer", "left"), [("n", {"narrow-photos"}), ("y", set()), (None, set())])
def test_network_is_removed_after_confirmation(
    answer: str | None, left: set[str], summit_graph: Command, fresh_database: Database
) -> None:
    """On a terminal ``rm`` lists what it removes and asks; with ``--yes`` it does not ask."""
    assert summit_graph.ingest("--no-examples", "--class", "ant").code == 0
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [sys.executable, "-m", "summit_graph", "rm", "--network", "narrow-photos"]
    done = subprocess.run(
        [*command, *(["--yes"] if answer is None else [])], stdin=theirs, capture_output=True, text=True
    )
    assert "Removing network narrow-photos: 1 class from the database." in done.stderr
    assert ("Remove it?" in done.stderr) == (answer is not None)
    assert done.returncode == (answer == "n")
    assert {network.name for network in list_networks(fresh_database)} == left


def test_ingest_without_examples_or_thumbnails(
    summit_graph: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--no-examples`` writes none, ``--no-thumbnails`` only references."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    assert summit_graph.ingest("--no-examples").code == 0
    assert not list((tmp_path / "home").rglob("examples.json"))
    assert summit_graph.ingest("--no-thumbnails").code == 0
    assert list((tmp_path / "home").rglob("examples.json"))
    assert not list((tmp_path / "home").rglob("*.webp"))


def test_shards_merge_to_one_run(summit_graph: Command, tmp_path: Path) -> None:
    """``aggregate --shard`` and ``merge`` give the same files as one run."""
    words = ("aggregate", summit_graph.images, "--weights", summit_graph.weights, "--processes", 1)
    assert summit_graph(*words, "--out", tmp_path / "whole").code == 0
    for shard in ("0/2", "1/2"):
        assert summit_graph(*words, "--out", tmp_path / shard[0], "--shard", shard).code == 0
    assert summit_graph("merge", tmp_path / "0", tmp_path / "1", "--out", tmp_path / "both").code == 0
    for file in (tmp_path / "whole").glob("*.*"):
        assert (tmp_path / "both" / file.name).read_bytes() == file.read_bytes(), file.name


def test_an_export_loads_again_to_the_same_graph(summit_graph: Command, tmp_path: Path) -> None:
    """``export`` writes count files and one JSON graph per class."""
    summit_graph.ingest("--network", "one")
    before = printed_graph(summit_graph, "ant")
    assert summit_graph("export", tmp_path / "out").code == 0
    assert rounded(json.loads((tmp_path / "out" / "graphs" / "ant.json").read_text())) == before
    assert summit_graph("rm", "--network", "one").code == 0
    assert summit_graph("load", tmp_path / "out", "--network", "one").code == 0
    assert printed_graph(summit_graph, "ant") == before


def test_bad_file_ends_the_run(summit_graph: Command) -> None:
    """The error names the file; its class is not written, earlier classes are kept."""
    (summit_graph.images / "bee" / "zzz.jpg").write_bytes(b"no image")
    done = summit_graph.ingest()
    assert done.code == 1
    assert "zzz.jpg" in done.err
    assert "--skip-bad" in done.err
    assert [row[0] for row in json.loads(summit_graph("query", "graph_sizes", "--json").out)["rows"]] == [
        "ant"
    ]


def test_skipped_files_are_reported(summit_graph: Command) -> None:
    """``--skip-bad`` lists skipped files and ends with exit code 3."""
    (summit_graph.images / "bee" / "zzz.jpg").write_bytes(b"no image")
    done = summit_graph.ingest("--skip-bad")
    assert done.code == 3
    assert "Skipped bee/zzz.jpg" in done.err
    assert json.loads(summit_graph("graph", "bee").out)["images"] == 4


def test_unknown_class_suggests_similar_names(summit_graph: Command) -> None:
    """The error for a misspelled class has the right name."""
    summit_graph.ingest()
    done = summit_graph("graph", "antt")
    assert done.code == 1
    assert "did you mean ant?" in done.err


def test_rm_removes_a_class(summit_graph: Command) -> None:
    """The other class is kept."""
    summit_graph.ingest()
    assert summit_graph("rm", "ant").code == 0
    assert summit_graph("graph", "ant").code == 1
    assert summit_graph("graph", "bee").code == 0


def test_rank_does_not_change_the_graph(summit_graph: Command) -> None:
    """Ranking the same counts again gives the same graph."""
    summit_graph.ingest()
    before = printed_graph(summit_graph, "ant")
    assert summit_graph("rank", "--class", "ant").code == 0
    assert printed_graph(summit_graph, "ant") == before


def test_other_weights_are_refused(summit_graph: Command, tmp_path: Path) -> None:
    """The error explains how to choose another network."""
    summit_graph.ingest("--network", "one")
    summit_graph.weights = write_small_weights(tmp_path / "other.safetensors", seed=1)
    done = summit_graph.ingest("--network", "one")
    assert done.code == 1
    assert "other weights" in done.err
    assert "--network" in done.err


def test_a_wrong_password_is_exit_code_4(summit_graph: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable to set."""
    monkeypatch.setenv("NEO4J_PASSWORD", "wrong-password")
    done = summit_graph("query", "networks")
    assert done.code == 4
    assert "NEO4J_PASSWORD" in done.err


def test_doctor_finds_the_database(summit_graph: Command) -> None:
    """The checks of database, GDS and permissions succeed."""
    checks = {c["name"]: c["state"] for c in json.loads(summit_graph("doctor", "--json").out)}
    assert checks["GDS"] == checks["permissions"] == checks["database"] == "ok"


@pytest.mark.slow
def test_interrupted_ingest_resumes(summit_graph: Command, tmp_path: Path) -> None:
    """After kill -9 following the first class, the next run counts the rest, with the same result."""
    images = write_images(tmp_path / "many", dict.fromkeys("abcd", 24))
    words = [sys.executable, "-m", "summit_graph", "ingest", images, "--weights", summit_graph.weights]
    words += ["--processes", "1", "--network", "many"]
    process = subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True)
    _wait_for_class(summit_graph, process)
    process.kill()
    process.wait()
    done = summit_graph(*words[3:])
    assert done.code == 0, done.err
    resumed = summit_graph("export", tmp_path / "resumed", "--network", "many")
    assert resumed.code == 0
    summit_graph("ingest", images, "--weights", summit_graph.weights, "--network", "many")
    summit_graph("export", tmp_path / "again", "--network", "many")
    for file in (tmp_path / "resumed").glob("*.parquet"):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def _wait_for_class(summit_graph: Command, process: subprocess.Popen) -> None:
    while process.poll() is None:
        found = summit_graph("query", "classes", "--network", "many", "--json")
        if found.code == 0 and json.loads(found.out)["rows"]:
            return
    pytest.fail(f"the run ended before it could be killed: {process.stderr and process.stderr.read()}")


@pytest.mark.parametrize("known", [True, False])
def test_a_narrow_network_of_format_1_takes_new_counts(
    known: bool, summit_graph: Command, fresh_database: Database, tmp_path: Path
) -> None:
    """Older folders do not record bottlenecks, some not even widths: new counts are of the same network."""
    for name, tables in (("former", random_class("bear", 1)), ("new", random_class("lion", 2))):
        write_count_folder(tmp_path / name, manifest(), [tables])
    rewrite_as_format_1(tmp_path / "former")
    if not known:  # as another program exports it
        (tmp_path / "former" / "hops.parquet").unlink()
        edit(tmp_path / "former", lambda value: (value.pop("branches"), value["files"].pop("hops.parquet")))
    for name in ("former", "new"):
        assert summit_graph("load", tmp_path / name).code == 0
    assert [(one.name, one.classes) for one in list_networks(fresh_database)] == [("tiny-shapes", 2)]
    assert summit_graph("export", tmp_path / "out").code == 0
    assert summit_graph("import", tmp_path / "out", "--network", "again").code == 0
    for name in ("bear", "lion"):
        graphs = [json.loads(summit_graph("graph", name, "-n", one).out) for one in ("tiny-shapes", "again")]
        assert graphs[0]["edges"] == graphs[1]["edges"] != []
