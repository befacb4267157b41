"""Every command on a small residual network, from its images on."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from summit_graph.analysis.reports import sections
from summit_graph.analysis.stability import GraphParts
from summit_graph.api import Connection
from summit_graph.cli import main
from summit_graph.cli.model_options import ModelOptions
from summit_graph.counts.folder import CountFolder
from summit_graph.errors import SummitGraphError
from summit_graph.faithfulness import parts
from summit_graph.faithfulness.image_counts import count_images
from summit_graph.faithfulness.rebuilding import GraphBuilder
from summit_graph.faithfulness.replacement import pixels_of
from summit_graph.faithfulness.subject import Subject
from summit_graph.images import read_dataset
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.server.local import Endpoint
from summit_graph.views.classes import find_class
from summit_graph.views.faithfulness import read_report, read_scores
from summit_graph.views.graphs import graph_of as graph_of_class
from summit_graph.workflows.bulk_csv import write_import_files
from tests.conftest import use_database
from tests.small_model import write_images

MODEL = """
import torch
from tests.program_models import CifarResNet

def resnet():
    torch.manual_seed(7)
    return CifarResNet(blocks=2, width=4)
"""
INPUT = ("--resize", 32, "--crop", 32)
#: The stem, and two blocks in each stage.
LAYERS = ["conv1", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1"]
CLASSES = {"cat": 6, "dog": 5, "frog": 5}
Run = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's file, the names of its outputs, and images."""
    folder = tmp_path_factory.mktemp("residual")
    (folder / "cifar.py").write_text(MODEL)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    (folder / "names.txt").write_text("\n".join(names))
    write_images(folder / "photos", CLASSES)
    return folder


@pytest.fixture(scope="module")
def run(database: Endpoint, filled: Database, folder: Path) -> Iterator[Run]:
    """Runs a command; the network "residual" is loaded, ranked and has positions and motifs."""
    with pytest.MonkeyPatch.context() as patch:
        use_database(patch, database)
        patch.setenv("SUMMIT_GRAPH_HOME", str(folder / "home"))
        model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT]
        counting = [folder / "photos", *model, "--labels", folder / "names.txt", "--processes", 1]
        command("ingest", *counting, "--network", "residual")
        command("motifs", "--network", "residual", "--store", "--min-support", 1, "--limit", 5)
        yield command


def command(*words: object) -> str:
    """What a command prints; it succeeds."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == 0
    return out.getvalue()


def graph_of(run: Run, class_: str, *more: str) -> dict[str, Any]:
    return json.loads(run("graph", class_, "--network", "residual", *more))


def test_the_graph_has_skips_and_the_class(run: Run) -> None:
    """Layers are those of the program; skips are marked, and left out by an option."""
    graph = graph_of(run, "cat")
    assert list(dict.fromkeys(node["layer"] for node in graph["nodes"])) == LAYERS
    assert any(edge["skip"] for edge in graph["edges"])
    assert graph["further_supports"] + len(graph["supports"]) > 0
    assert not any(edge["skip"] for edge in graph_of(run, "cat", "--no-skips")["edges"])


def test_text_is_printed(run: Run) -> None:
    """The class is above the highest layer, which is above the stem."""
    lines = run("graph", "cat", "--network", "residual", "--format", "text").splitlines()
    assert lines.index("class") < lines.index("layer3.1") < lines.index("conv1")


def test_a_sheet_is_drawn(run: Run, tmp_path: Path) -> None:
    """Without pictures of the channels."""
    run("sheet", "cat", "--network", "residual", "--out", tmp_path / "cat.png")
    with Image.open(tmp_path / "cat.png") as sheet:
        assert sheet.width > 500


def test_classes_are_compared(run: Run) -> None:
    """In each layer, by channels and by activations."""
    found = json.loads(run("compare", "cat", "dog", "--network", "residual", "--json"))
    assert [one["layer"] for one in found["layers"]] == LAYERS
    assert all(one["cosine"] is not None for one in found["layers"])


def test_classes_have_neighbours_and_positions(run: Run) -> None:
    """In the highest layer, and between all layers."""
    words = ("--network", "residual", "--json")
    near = json.loads(run("neighbours", "cat", "--layer", LAYERS[-1], *words))["neighbours"]
    assert {one["class"] for one in near} == {"dog", "frog"}
    assert len(json.loads(run("embed", *words))["moves"]) == len(LAYERS) - 1


def test_motifs_are_mined(run: Run) -> None:
    """Chains of neighbouring layers."""
    found = json.loads(run("motifs", "--network", "residual", "--min-support", 1, "--null", 0, "--json"))
    for motif in found["motifs"]:
        places = [LAYERS.index(channel.rpartition("/")[0]) for channel in motif["channels"]]
        assert places == list(range(places[0], places[0] + 3))


def test_channels_that_may_be_non_semantic_are_listed(run: Run) -> None:
    """``doctor --channels``: with a channel of this network, if any."""
    found = json.loads(run("doctor", "--channels", "--network", "residual", "--json"))
    assert {one["channel"].rpartition("/")[0] for one in found["candidates"]} <= set(LAYERS)


def test_channels_are_rendered(run: Run, folder: Path, tmp_path: Path) -> None:
    """Only as deep as the layer, by the model of the network."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT]
    run("render", *model, "--channels", "layer1.1/2", "--out", tmp_path / "out")
    assert (tmp_path / "out" / "layer1.1" / "2.webp").is_file()


def test_patches_are_found(run: Run, folder: Path) -> None:
    """``examples`` in the images of the network."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT]
    run("examples", folder / "photos", *model, "--network", "residual", "--processes", 1)
    assert list((folder / "home" / "pictures").rglob("examples.json"))


def test_an_export_comes_back(run: Run, tmp_path: Path) -> None:
    """With the same graph: channels, influences, skips and what contributes to the class."""
    run("export", tmp_path / "out", "--network", "residual")
    run("import", tmp_path / "out", "--network", "again")
    one, two = graph_of(run, "cat"), json.loads(run("graph", "cat", "--network", "again"))
    for part in ("edges", "supports", "further_supports"):
        assert one[part] == two[part]
    run("rm", "--network", "again", "--yes")


def test_the_importer_of_a_bulk_load_gets_all_relationships(run: Run, tmp_path: Path) -> None:
    """As many influences, and channels that contribute to a class, as are stored online."""
    run("export", tmp_path / "out", "--network", "residual")
    files = write_import_files(CountFolder(tmp_path / "out"), "bulk", tmp_path / "csv")
    graph = graph_of(run, "cat")
    assert files.outputs["cat"] == len(graph["supports"]) + graph["further_supports"]
    assert all(files.influences[name] > 0 for name in CLASSES)


def test_questions_are_answered(run: Run) -> None:
    """A layer is given by its place."""
    words = ("-p", "class=cat", "-p", "layer=highest", "--network", "residual", "--json")
    assert len(json.loads(run("query", "nearest_classes", *words))["rows"]) == 2


def test_a_graph_s_faithfulness_is_measured_and_kept(run: Run, folder: Path, filled: Database) -> None:
    """Curves of the graph and its baselines; the class has the report afterwards."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT]
    words = ["cat", "--network", "residual", "--images", folder / "photos", *model, "--quick"]
    found = json.loads(run("faithfulness", *words, "--json"))
    nodes = found["nodes"]
    assert nodes["images"] == CLASSES["cat"]
    assert nodes["outputs"] == [{"output": 3, "images": CLASSES["cat"]}]
    assert len(nodes["curves"]["graph"]["necessity"]) == len(nodes["shares"])
    assert list(nodes["curves"])[:2] == ["graph", "counts"]
    edges = found["edges"]
    assert edges["edges"] == len(graph_of(run, "cat")["edges"])
    assert edges["by_count"]["edges"][0] == edges["edges"]
    assert read_report(filled, find_class(filled, "residual", "cat")) == found
    tables = Connection(filled, "residual").faithfulness("cat")
    assert tables.report == found
    assert len(tables.nodes) == len(nodes["shares"]) * len(nodes["curves"])


def test_a_second_run_keeps_what_is_measured(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the same images, options and state of the class; ``--again`` and other options measure again."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT]
    words = ["frog", "--network", "residual", "--images", folder / "photos", *model, "--quick", "--json"]
    words += ["--part", "nodes"]
    once = json.loads(run("faithfulness", *words))
    capsys.readouterr()
    assert json.loads(run("faithfulness", *words)) == once
    assert "nodes: kept from" in capsys.readouterr().err
    for other in ("--again", "--seed=1"):
        run("faithfulness", *words, other)
        assert "kept" not in capsys.readouterr().err


def test_a_part_is_stored_before_the_next_one_is_measured(
    run: Run, folder: Path, filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interruption loses the part that is being measured alone."""

    def interrupted(subject: Subject) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(parts, "PARTS", {"nodes": parts.PARTS["nodes"], "edges": parts.Part(interrupted)})
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *map(str, INPUT)]
    images = ["--network", "residual", "--images", str(folder / "photos"), *model, "--quick"]
    with pytest.raises(SystemExit):
        main(["faithfulness", "dog", *images])
    stored = read_report(filled, find_class(filled, "residual", "dog"))
    assert stored is not None
    assert list(sections(stored)) == ["nodes"]


@pytest.mark.parametrize("name", CLASSES)
def test_graphs_built_in_memory_are_those_of_the_database(
    run: Run, folder: Path, filled: Database, name: str
) -> None:
    """From each image's counts: the same scores to a relative 1e-5, the same channels and influences."""
    network, stored = find_network(filled, "residual"), find_class(filled, "residual", name)
    assert network.parameters is not None
    options = ModelOptions(model=f"{folder / 'cifar.py'}:resnet", resize=32, crop=32)
    (model,) = options.read_counted(network.parameters)
    shown = pixels_of(model, read_dataset(folder / "photos"), name)
    of_images = count_images(model, network.parameters, shown, output=stored.summary.output)
    counts = of_images.total()
    builder, scores = GraphBuilder(model, network.parameters), read_scores(filled, network, stored)
    expected = np.concatenate([*scores.pagerank.values()])
    np.testing.assert_allclose(builder.scores(counts, *builder.influences(counts)), expected, rtol=1e-5)
    assert builder.build(of_images) == GraphParts.of(graph_of_class(filled, "residual", stored))


@pytest.mark.slow
def test_the_parts_that_are_slow_are_measured_when_they_are_named(run: Run, folder: Path) -> None:
    """Stability on the images that were counted, and sanity; other parts are kept beside them."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT]
    words = ["frog", "--network", "residual", "--images", folder / "photos", *model, "--quick", "--json"]
    named = ["--part", "stability", "--part", "sanity", "--counted", folder / "photos"]
    run("faithfulness", *words)
    found = json.loads(run("faithfulness", *words, *named))
    assert list(sections(found)) == ["nodes", "edges", "completeness", "specificity", "stability", "sanity"]
    assert found["specificity"]["nearest"]["by"] == "counts"
    assert found["sanity"]["stored"] == {"nodes": 1, "edges": 1}


def test_images_that_were_kept_out_of_counting_are_tested(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those alone, from the same folder; the other ones are the counted ones, for stability."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT, "--network", "split"]
    names = ["--labels", folder / "names.txt", "--processes", 1, "--no-examples"]
    run("ingest", folder / "photos", *model, *names, "--split", 0.4)
    parts = ["--part", "nodes", "--part", "stability"]
    words = ["cat", "--images", folder / "photos", *model, "--quick", "--json"]
    found = json.loads(run("faithfulness", *words, *parts))
    kept = round(0.4 * CLASSES["cat"])
    assert (found["nodes"]["images"], found["stability"]["images"]) == (kept, CLASSES["cat"] - kept)
    assert "--split 0.4 kept out" in capsys.readouterr().err


def test_the_core_is_what_stays_when_images_are_drawn_again(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a measurement of the stability, the line says how to make one."""
    with pytest.raises(SystemExit) as ended:
        main(["graph", "cat", "--core", "--network", "residual"])
    assert ended.value.code == 1
    assert "--part stability" in capsys.readouterr().err
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *INPUT, "--network", "residual"]
    words = ["cat", "--images", folder / "photos", *model, "--part", "stability"]
    section = json.loads(run("faithfulness", *words, "--counted", folder / "photos", "--json"))["stability"]
    core = graph_of(run, "cat", "--core")
    nodes = {f"{node['layer']}/{node['channel']}" for node in core["nodes"]}
    assert nodes == {name for name, share in section["nodes"].items() if share >= 0.8}
    assert len(core["edges"]) <= section["core"]["edges"]


def test_faithfulness_refuses_another_model(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also the same program with another input rule; the line names the options to give."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", "--resize", "40", "--crop", "32"]
    words = ["faithfulness", "cat", "--network", "residual", "--images", str(folder / "photos"), *model]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 1
    assert "another model or input rule" in capsys.readouterr().err


def test_faithfulness_refuses_other_layers(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A layer that the network has not would never be replaced."""
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *map(str, INPUT), "--layers", "layer1.*"]
    words = ["faithfulness", "cat", "--network", "residual", "--images", str(folder / "photos"), *model]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 1
    assert "--layers" in capsys.readouterr().err


def test_what_has_no_scores_is_refused(filled: Database) -> None:
    """A network of attribution graphs alone, and a class that is not ranked."""
    network, cat = find_network(filled, "residual"), find_class(filled, "residual", "cat")
    with pytest.raises(SummitGraphError, match="only attribution graphs"):
        read_scores(filled, replace(network, parameters=None), cat)
    with pytest.raises(SummitGraphError, match="summit-graph rank"):
        read_scores(filled, network, replace(cat, id=-1))


def test_faithfulness_lists_skipped_files(
    run: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 3, as ``ingest``; the other images are measured."""
    shutil.copytree(folder / "photos", tmp_path / "photos")
    (tmp_path / "photos" / "cat" / "zzz.png").write_bytes(b"damaged")
    model = ["--model", f"{folder / 'cifar.py'}:resnet", *map(str, INPUT)]
    words = ["faithfulness", "cat", "--network", "residual", "--images", str(tmp_path / "photos"), *model]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--quick", "--skip-bad"])
    assert ended.value.code == 3
    assert "Skipped cat/zzz.png" in capsys.readouterr().err
