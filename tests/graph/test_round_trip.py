"""A network that is not InceptionV1, from count files into a real Neo4j and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from summit_graph.counts.folder import CountFolder
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import SummitGraphError
from summit_graph.records import Alternative, Channel, ChannelLabel
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database, run
from summit_graph.store.networks import baseline_folder, find_network, list_networks
from summit_graph.system.listener import SILENT
from summit_graph.views.channel_labels import read_label_state, read_labels
from summit_graph.views.classes import list_classes
from summit_graph.workflows.bulk_load import load_bulk
from summit_graph.workflows.export_network import export_network
from summit_graph.workflows.import_network import import_path
from summit_graph.workflows.label import labelling_of
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import TWO_BLOCKS, two_blocks_class
from tests.graph.test_bulk import local_database, rounded
from tests.graph.test_loading import rows, stored_outputs, stored_relevance, whole_graph

CLASSES = [two_blocks_class("bear", 1), two_blocks_class("lion", 2)]


@pytest.fixture
def residual(fresh_database: Database) -> Database:
    """The database with both classes."""
    loader = NetworkLoader(fresh_database, TWO_BLOCKS, "residual")
    for tables in CLASSES:
        loader.load_class(tables)
    return fresh_database


def test_influences_name_their_stop_where_nothing_else_tells_it(residual: Database) -> None:
    """There is a single inner stop below layer1.1 and two below layer1.0; skips are true or missing."""
    found = rows(
        residual,
        """MATCH ()-[r:INFLUENCES]->(c:Channel)
           RETURN DISTINCT c.layer AS layer, r.via IS NULL, r.via_stop, r.skip""",
    )
    longer = {(layer, stop) for layer, is_direct, stop, _ in found if not is_direct}
    assert longer == {("layer1.1", None), ("layer1.0", "layer1.0.conv2")}
    assert {(is_direct, stop, skip) for _, is_direct, stop, skip in found if is_direct} == {
        (True, None, True)
    }


def test_selected_influences_have_the_properties_of_influences(residual: Database) -> None:
    """Everything that an influence says, its edge in the attribution graph says."""
    graph = whole_graph(residual)
    assert graph["SELECTED_INFLUENCE"]
    assert set(graph["SELECTED_INFLUENCE"]) <= set(graph["INFLUENCES"])
    assert any(stop for *_, stop, _ in graph["SELECTED_INFLUENCE"])


def test_outputs_are_stored(residual: Database) -> None:
    """``SUPPORTS``: from the last layer's channels to the class."""
    assert stored_outputs(residual) == [
        (name, f"residual/layer1.0/{channel}", 2 + channel) for name in ("bear", "lion") for channel in (0, 3)
    ]


def test_relevance_is_stored(residual: Database) -> None:
    """``CONTRIBUTES``: every channel's sum over the images, of either sign."""
    found = [value for name, _, value in stored_relevance(residual) if name == "bear"]
    assert found == [-0.25, 0.0, 0.25, 0.5] * len(TWO_BLOCKS.layers)


def test_a_class_is_replaced_with_its_outputs(residual: Database) -> None:
    """Nothing of the former state is left."""
    NetworkLoader(residual, TWO_BLOCKS, "residual").load_class(
        replace(CLASSES[0], outputs=CLASSES[0].outputs[:1])
    )
    assert rows(residual, "MATCH ()-[r:SUPPORTS]->() RETURN count(r)") == [(3,)]
    assert len(stored_relevance(residual)) == 2 * 4 * len(TWO_BLOCKS.layers)


def test_an_export_equals_the_count_files(residual: Database, tmp_path: Path) -> None:
    """Tables byte by byte; layers, sizes, stops and parameters; and the export loads to the same graph."""
    write_count_folder(tmp_path / "counts", TWO_BLOCKS, CLASSES)
    export_network(residual, find_network(residual, "residual"), tmp_path / "out")
    for name in ("activations", "influences", "outputs", "relevance", "classes"):
        file = f"{name}.parquet"
        assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "counts" / file).read_bytes(), name
    values = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("out", "counts")]
    for value in values:
        del value["files"]
    assert values[0] == values[1]
    before = whole_graph(residual)
    import_path(residual, tmp_path / "out", network="residual")
    assert {kind: rounded(found) for kind, found in whole_graph(residual).items()} == {
        kind: rounded(found) for kind, found in before.items()
    }


def test_the_sums_of_the_baseline_go_with_the_counts(residual: Database, tmp_path: Path) -> None:
    """Into the network and out of it, so that a class can be added (kind: state left behind)."""
    write_count_folder(tmp_path / "counts", TWO_BLOCKS, CLASSES)
    sums = {"values/sums.npz": b"sums", "values/sums.json": json.dumps(["bear", "lion"]).encode()}
    (tmp_path / "counts" / "baselines" / "values").mkdir(parents=True)
    for name, content in sums.items():
        (tmp_path / "counts" / "baselines" / name).write_bytes(content)
    import_path(residual, tmp_path / "counts", network="residual")
    network = find_network(residual, "residual")
    export_network(residual, network, tmp_path / "out")
    for folder in (baseline_folder(network), tmp_path / "out" / "baselines"):
        assert {name: (folder / name).read_bytes() for name in sums} == sums


@pytest.fixture
def labels(residual: Database) -> dict[Channel, ChannelLabel]:
    """The labels that the network has: of two sources, with alternatives, and one without a text."""
    layer = TWO_BLOCKS.layers[0].name
    found = {
        Channel(layer, 0): ChannelLabel("Bär", 0.9, "concepts", (Alternative("lion", 0.7, "concepts"),)),
        Channel(layer, 1): ChannelLabel(None, 0.61, "concepts", (Alternative("bear", 0.61, "concepts"),)),
        Channel(layer, 2): ChannelLabel("red", 0.5, "appearance"),
    }
    classes = list_classes(residual, "residual")
    labelling = replace(labelling_of(classes, "concepts", "appearance"), concepts='{"lion": ["Tier"]}')
    write_labels(residual, "residual", found, labelling)
    return found


def test_labels_go_with_the_counts(residual: Database, labels: dict, tmp_path: Path) -> None:
    """Text, score, source and alternatives, and where they come from (kind: computed state left behind)."""
    network = find_network(residual, "residual")
    export_network(residual, network, tmp_path / "out")
    assert import_path(residual, tmp_path / "out", network="copy").labels == "stored"
    assert read_labels(residual, "copy") == labels
    state = read_label_state(residual, "copy")
    assert state.labelling.sources == ("concepts", "appearance")
    assert state.labelling.concepts == '{"lion": ["Tier"]}'
    assert state.current
    residual.transaction(lambda transaction: run(transaction, "load/clear_labels", network="residual"))
    export_network(residual, network, tmp_path / "out")
    assert not (tmp_path / "out" / "labels.parquet").exists()


def test_labels_of_former_classes_stay_out_of_date(residual: Database, labels: dict, tmp_path: Path) -> None:
    """In the copy too."""
    NetworkLoader(residual, TWO_BLOCKS, "residual").load_class(CLASSES[0])
    export_network(residual, find_network(residual, "residual"), tmp_path / "out")
    import_path(residual, tmp_path / "out", network="copy")
    assert not read_label_state(residual, "copy").current


def test_labels_of_some_of_the_classes_are_left_out(residual: Database, labels: dict, tmp_path: Path) -> None:
    """A network with further classes keeps its own: a label compares all classes."""
    export_network(residual, find_network(residual, "residual"), tmp_path / "out")
    NetworkLoader(residual, TWO_BLOCKS, "more").load_class(two_blocks_class("bus", 3))
    assert import_path(residual, tmp_path / "out", network="more").labels == "left out"
    assert read_labels(residual, "more") == {}


def test_damaged_labels_end_an_import_before_anything_is_written(
    residual: Database, labels: dict, tmp_path: Path
) -> None:
    """The message names the file."""
    export_network(residual, find_network(residual, "residual"), tmp_path / "out")
    (tmp_path / "out" / "labels.parquet").write_bytes(b"PAR1")
    with pytest.raises(SummitGraphError, match=r"labels\.parquet cannot be read as labels of channels"):
        import_path(residual, tmp_path / "out", network="copy")
    assert [one.name for one in list_networks(residual)] == ["residual"]


def test_other_layers_are_refused(residual: Database) -> None:
    """The same weights with layers in another order are another network."""
    first, *others = TWO_BLOCKS.layers
    layers = tuple(replace(layer, position=at) for at, layer in enumerate([*others, first]))
    with pytest.raises(SummitGraphError, match="other layers"):
        NetworkLoader(residual, replace(TWO_BLOCKS, layers=layers, stops=()), "residual")


@pytest.mark.slow
def test_a_bulk_load_equals_an_online_one(residual: Database, own_home: Path, tmp_path: Path) -> None:
    """Inner stops, skips, outputs, sizes and stops of the network."""
    write_count_folder(tmp_path / "counts", TWO_BLOCKS, CLASSES)
    load_bulk(CountFolder(tmp_path / "counts"), network="residual", discard=False, listener=SILENT)
    with local_database() as database:
        assert {kind: rounded(found) for kind, found in whole_graph(database).items()} == {
            kind: rounded(found) for kind, found in whole_graph(residual).items()
        }
