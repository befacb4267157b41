"""The whole way on trained weights, images -> counts -> graph -> faithfulness, with known answers."""

from __future__ import annotations

import json
from collections import Counter
from itertools import compress
from pathlib import Path

import pytest

from summit_graph.api import Connection
from summit_graph.cli import main
from summit_graph.planted.bundle import image_folder, label_file, model_options, read_network
from summit_graph.planted.classes import CLASSES, CONFOUNDED, NAMES, PARTS, WAVES, classes_with
from summit_graph.planted.truths import CLEAR, Floats, clearest_parts, part_effects
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.conftest import use_database
from tests.notebooks import run_notebook

NETWORK = "planted"


@pytest.fixture(scope="module")
def planted(filled: Database, database: Endpoint) -> Database:
    """The bundled images, ingested with the bundled network."""
    with pytest.MonkeyPatch.context() as patch:
        use_database(patch, database)
        words = ["ingest", str(image_folder()), *model_options("inception"), "--labels", str(label_file())]
        with pytest.raises(SystemExit, match=r"^0$"):
            main([*words, "--network", NETWORK, "--processes", "1"])
    return filled


@pytest.fixture
def summit(planted: Database) -> Connection:
    return Connection(planted, NETWORK)


@pytest.fixture(scope="module")
def effects() -> dict[str, Floats]:
    """The effect of each part on each channel."""
    return part_effects(read_network("inception"), images=20)


@pytest.fixture(scope="module")
def parts(effects: dict[str, Floats]) -> dict[str, str]:
    """The part that each channel is of."""
    found = clearest_parts(effects)
    return {f"{layer}/{at}": part for layer, of in found.items() for at, part in enumerate(of)}


def test_every_class_is_recognized_and_has_a_graph(summit: Connection) -> None:
    """Nineteen of twenty images at least; a channel in every layer."""
    classes = summit.classes().set_index("name")
    assert list(classes.index) == sorted(NAMES)
    assert (classes["top1"] >= 19).all()
    for name in NAMES:
        layers = {data["layer"] for _, data in summit.graph(name).nodes(data=True)}
        assert layers == {"stem", "mixed3a", "mixed3b", "mixed4a", "mixed4b"}


@pytest.mark.slow
def test_nine_of_ten_labels_name_what_has_an_effect(
    summit: Connection, effects: dict[str, Floats], tmp_path: Path
) -> None:
    """Without a part of the label's classes the channel is less active; concepts are the shared parts."""
    file = tmp_path / "concepts.tsv"
    file.write_text("".join(f"{one.name}\t{one.shared}\n" for one in CLASSES), "utf-8")
    labels = summit.label(file)
    labels = labels[(labels["source"] == "concepts") & labels["label"].notna()]
    shared = {one.shared: {one.shared} for one in CLASSES}
    meant = {one.name: set(one.parts) for one in CLASSES} | shared
    right = []
    for one in labels.itertuples():
        clear = effects[str(one.layer)][:, Channel.parse(str(one.channel)).index] >= CLEAR
        named = str(one.label).partition(", not ")[0].split(" or ")
        right.append(all(meant[text] & set(compress(PARTS, clear)) for text in named))
    assert len(right) > 30
    assert sum(right) >= 0.9 * len(right)


@pytest.fixture
def graphs(summit: Connection) -> dict[str, set[str]]:
    """The channels of every class's graph."""
    return {name: set(summit.graph(name)) for name in NAMES}


def test_what_a_class_alone_has_shows_its_background(
    summit: Connection, parts: dict[str, str], graphs: dict[str, set[str]]
) -> None:
    """As hands in the paper's tench: no other class has a channel of the waves, and the query finds it."""
    found = summit.query("unexpected_channels", class_=CONFOUNDED.name)
    waves = found[found["channel"].map(parts) == WAVES]
    assert len(waves)
    assert (waves["classes_with_it"] == 1).all()
    others = set().union(*(graph for name, graph in graphs.items() if name != CONFOUNDED.name))
    assert WAVES not in {parts[channel] for channel in others}


def test_classes_with_a_common_part_share_its_channels(
    parts: dict[str, str], graphs: dict[str, set[str]]
) -> None:
    """What both classes with stripes have, and no other class, is of the stripes."""
    names = [one.name for one in classes_with("stripes")]
    users = Counter(channel for graph in graphs.values() for channel in graph)
    shared = [one for one in graphs[names[0]] & graphs[names[1]] if users[one] == 2]
    assert [parts[channel] for channel in shared] == ["stripes"]


def test_the_graphs_channels_carry_the_class(
    planted: Database, database: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """More of the log-odds is lost without them than without as many random channels."""
    use_database(monkeypatch, database)
    images = ["--images", str(image_folder()), "--part", "nodes", "--quick", "--json"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["faithfulness", "ring stripes", *model_options("inception"), *images, "--network", NETWORK])
    sets = json.loads(capsys.readouterr().out)["nodes"]["sets"]
    assert sets["graph"]["necessity"][0] > sets["random"]["necessity"][0] + 0.2


@pytest.mark.slow
def test_the_notebook_runs(
    planted: Database, database: Endpoint, monkeypatch: pytest.MonkeyPatch, parts: dict[str, str]
) -> None:
    """Every cell of examples/planted-world.ipynb; it finds stripes and waves, and that waves mislead."""
    use_database(monkeypatch, database)
    names = run_notebook("planted-world.ipynb")
    assert {parts[one] for one in names["shared"]} >= {"stripes"}
    assert WAVES in set(names["unexpected"]["part"])
    assert names["right"]["with waves"] < 0.5 < names["right"]["without waves"]
