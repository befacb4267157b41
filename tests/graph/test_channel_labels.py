"""Labels of channels in the database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from neo4j import Record
from PIL import Image

from summit_graph.api import LABEL_COLUMNS, Connection
from summit_graph.errors import UnknownNameError, UsageError
from summit_graph.pictures.index import FORMAT, INDEX_FILE, MAIN_KIND, make_picture_folder, write_json
from summit_graph.records import Alternative, Channel, ChannelLabel, Labelling
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.removal import remove_class, remove_network
from summit_graph.views.channel_labels import read_label_state, read_labels
from summit_graph.views.classes import list_classes
from summit_graph.views.finding import list_concepts
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.state import read_version
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class
from tests.graph.test_comparing_commands import Commands
from tests.shapes import NETWORK, add_labels, load_shapes, shape_classes
from tests.tiny_encoders import write_encoders

DOG = ChannelLabel("dog", 0.9, "concepts", (Alternative("“furry”", 0.7, "appearance"),))
UNSURE = ChannelLabel(None, 0.61, "concepts", (Alternative("cat", 0.61, "concepts"),))
LABELS = {Channel("mixed3a", 7): UNSURE, Channel("mixed4c", 3): DOG}
LABELLING = Labelling(("concepts", "appearance"), 5, 9)


@pytest.fixture(scope="module")
def shapes(filled: Database) -> Database:
    """The network "shapes", loaded once: these tests replace all of its labels."""
    return load_shapes(filled, shape_classes())


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def labelled(shapes: Database) -> Connection:
    """A connection to the network."""
    return Connection(shapes, NETWORK)


def activations(database: Database) -> list[Record]:
    return database.read("view/activation_counts", network=NETWORK, layer=None)


def test_labels_are_read_as_they_were_written(shapes: Database) -> None:
    """With alternatives, by layer and index; also those of some channels."""
    write_labels(shapes, NETWORK, dict(reversed(LABELS.items())), LABELLING)
    assert list(read_labels(shapes, NETWORK).items()) == list(LABELS.items())
    one, unlabelled = Channel("mixed4c", 3), Channel("mixed4c", 4)
    assert read_labels(shapes, NETWORK, [one, unlabelled]) == {one: DOG}


def test_a_network_without_labels_has_no_label_state(shapes: Database) -> None:
    """Also where labels were removed."""
    write_labels(shapes, NETWORK, LABELS, LABELLING)
    shapes.write("load/clear_labels", network=NETWORK)
    assert read_label_state(shapes, NETWORK) is None
    assert read_labels(shapes, NETWORK) == {}


def test_new_labels_replace_all_former_ones(shapes: Database) -> None:
    """Also of channels that have none now (kind: leftovers of an earlier run)."""
    write_labels(shapes, NETWORK, LABELS, LABELLING)
    write_labels(shapes, NETWORK, {Channel("mixed4c", 3): UNSURE}, LABELLING)
    assert read_labels(shapes, NETWORK) == {Channel("mixed4c", 3): UNSURE}


def test_labelling_changes_the_version_of_the_network(shapes: Database) -> None:
    """The explorer shows new labels at once (kind: a cache that does not know of a change)."""
    write_labels(shapes, NETWORK, LABELS, LABELLING)
    before = read_version(shapes, NETWORK)
    write_labels(shapes, NETWORK, LABELS, LABELLING)
    assert read_version(shapes, NETWORK) != before


def test_the_channels_of_a_graph_have_their_labels(shapes: Database) -> None:
    """None where a channel has none."""
    add_labels(shapes)
    nodes = read_attribution_graph(shapes, NETWORK, "bear").nodes
    labelled = {node.channel.layer for node in nodes if node.label}
    assert labelled == {"mixed4c", "mixed4e"}


def test_a_network_is_labelled_from_its_counts(labelled: Connection) -> None:
    """All channels that fire are judged; a second run gives the same labels."""
    first = labelled.label()
    assert list(first.columns) == list(LABEL_COLUMNS)
    fired = {(row["layer"], at) for row in activations(labelled.database) for at in row["channels"]}
    assert len(first) == len(fired)
    assert first.equals(labelled.label())
    state = read_label_state(labelled.database, NETWORK)
    assert state is not None
    assert (state.current, state.labelling.sources) == (True, ("concepts", "appearance"))


def test_concepts_of_the_user_are_used(labelled: Connection, tmp_path: Path) -> None:
    """By the titles and names of classes."""
    file = tmp_path / "concepts.tsv"
    file.write_text("brown bear\tfurry\nbear again\tfurry\nlion\tfurry\n", "utf-8")
    labels = labelled.label(file)
    texts = {text for row in labels["alternatives"] for text in row} | set(labels["label"])
    assert "furry" in texts


def test_concepts_of_the_user_are_found(labelled: Connection, tmp_path: Path) -> None:
    """Classes below one, also below a parent of it, and channels labelled by one; until labelled without."""
    file = tmp_path / "concepts.tsv"
    file.write_text("brown bear\tshaggy\nbear again\tshaggy\nlion\tshaggy\nshaggy\twarm thing\n", "utf-8")
    labelled.label(file)
    for word in ("shaggy", "warm thing"):
        found = labelled.find(word)
        assert {"bear", "bear again", "lion"} == set(found[found["kind"] == "class"]["name"])
        assert set(found[found["kind"] == "class"]["by"]) == {"hypernym"}
    state = read_label_state(labelled.database, NETWORK)
    label = ChannelLabel("lion", 0.9, "concepts")
    write_labels(labelled.database, NETWORK, {Channel("mixed4c", 3): label}, state.labelling)
    found = labelled.find("warm thing")
    assert found[found["kind"] == "channel"]["name"].tolist() == ["mixed4c/3"]
    labelled.label()
    assert labelled.find("warm thing").empty


def test_concepts_of_the_user_are_listed(labelled: Connection, tmp_path: Path) -> None:
    """With the places of their classes, beside those of WordNet: the explorer searches by them."""
    classes = [stored.summary for stored in list_classes(labelled.database, NETWORK)]
    places = {one.name: at for at, one in enumerate(classes)}
    file = tmp_path / "concepts.tsv"
    file.write_text("bear\tshaggy\nlion\tshaggy\n", "utf-8")
    labelled.label(file)
    listed = dict(list_concepts(labelled.database, NETWORK, classes))
    assert listed[("shaggy",)] == sorted([places["bear"], places["lion"]])
    labelled.label()
    assert ("shaggy",) not in dict(list_concepts(labelled.database, NETWORK, classes))


@pytest.mark.usefixtures("environment")
def test_label_prints_what_each_layer_has(labelled: Connection, commands: Commands) -> None:
    """Labelled channels by source, and channels without a label."""
    found = commands.json("label", "--network", NETWORK)
    labels = labelled.labels()
    assert next(row["layer"] for row in found["layers"]) == "mixed3a"
    assert sum(row["concepts"] for row in found["layers"]) == labels["label"].notna().sum()
    assert sum(row["concepts"] + row["no_label"] for row in found["layers"]) == len(labels)


def test_find_finds_classes_and_channels(labelled: Connection) -> None:
    """By title, label, alternative and channel; classes first."""
    write_labels(labelled.database, NETWORK, LABELS, LABELLING)
    found = labelled.find("Brown Bear").iloc[0]
    assert (found["kind"], found["name"], found["by"], found["score"]) == ("class", "bear", "name", 1)
    assert [(one.name, one.by) for one in labelled.find("dog").itertuples()] == [("mixed4c/3", "label")]
    assert [(one.name, one.by) for one in labelled.find("furry").itertuples()] == [
        ("mixed4c/3", "alternative")
    ]
    assert [(one.name, one.text) for one in labelled.find("mixed4c/7").itertuples()] == [("mixed4c/7", None)]


def test_find_tolerates_typos(labelled: Connection) -> None:
    """Only if no text has the word (kind: similar words hide the right ones)."""
    assert [one.name for one in labelled.find("brwn bear").itertuples()] == ["bear"]
    assert [one.name for one in labelled.find("bear").itertuples()] == ["bear", "bear again"]
    assert labelled.find("xylophone").empty
    with pytest.raises(UsageError, match="no letter"):
        labelled.find("?!")


def test_find_knows_what_is_above_a_label(labelled: Connection) -> None:
    """A channel that is labelled by a breed is found by "dog" and "domestic dog"."""
    breed = ChannelLabel("golden retriever or lion, not cat", 0.9, "concepts")
    write_labels(labelled.database, NETWORK, {Channel("mixed4c", 3): breed}, LABELLING)
    for word in ("dog", "domestic dog", "feline"):
        assert ("mixed4c/3", "hypernym") in [(one.name, one.by) for one in labelled.find(word).itertuples()]


@pytest.mark.usefixtures("environment")
def test_find_prints_a_table_or_json(labelled: Connection, commands: Commands) -> None:
    """With a note about channels that are not labelled yet."""
    labelled.database.write("load/clear_labels", network=NETWORK)
    assert commands.json("find", "bear", "--network", NETWORK)["found"][0]["name"] == "bear"
    code, out, err = commands.run("find", "bear", "--limit", 1, "--network", NETWORK)
    assert (code, out.splitlines()[1].split("\t")[:3]) == (0, ["class", "bear", "brown bear"])
    assert "1 further ones" in err
    assert "summit-graph label" in err


@pytest.mark.usefixtures("environment")
def test_pictures_label_what_no_concept_describes(
    shapes: Database, commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First by the user's model of images and text, then by appearance; --words needs --clip."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    reds, stripes = [Channel("mixed3a", at) for at in range(4)], Channel("mixed4c", 0)
    write_pictures(manifest().weights_sha256, reds, stripes)
    (tmp_path / "words.txt").write_text("red\nblue\ngreen\n")
    given = ("--clip", write_encoders(tmp_path / "clip"), "--words", tmp_path / "words.txt")
    found = commands.json("label", "--network", NETWORK, *given)
    assert found["sources"] == ["concepts", "vocabulary", "appearance"]
    labels = read_labels(shapes, NETWORK)
    assert {labels[channel].source for channel in reds} <= {"concepts", "vocabulary", "appearance"}
    texts = {one.text for one in labels[reds[0]].alternatives} | {labels[reds[0]].text}
    assert {"red", "blue", "green"} <= texts
    words = {one.text for one in labels[stripes].alternatives} | {labels[stripes].text}
    assert words & {"vertical stripes", "vertical stripes, colourless"}
    code, _, err = commands.run("label", "--words", tmp_path / "words.txt", "--network", NETWORK)
    assert code == 2
    assert "--clip" in err


def write_pictures(weights: str, reds: list[Channel], stripes: Channel) -> None:
    """A red picture for channels, and vertical stripes for another one."""
    folder = make_picture_folder(weights)
    folder.mkdir()
    across = np.where(np.arange(96) % 12 < 6, 40, 220).astype(np.uint8)
    Image.fromarray(np.full((96, 96, 3), (230, 20, 20), np.uint8)).save(folder / "red.png")
    Image.fromarray(np.tile(across[None, :, None], (96, 1, 3))).save(folder / "stripes.png")
    files = [(channel, "red.png") for channel in reds] + [(stripes, "stripes.png")]
    pictures = [{"channel": str(one), "kind": MAIN_KIND, "file": file} for one, file in files]
    write_json(folder / INDEX_FILE, {"format": FORMAT, "weights_sha256": weights, "pictures": pictures})


def test_a_replaced_class_makes_labels_out_of_date(shapes: Database) -> None:
    """The number of classes is the same (kind: a change that a count does not show)."""
    add_labels(shapes)
    NetworkLoader(shapes, manifest(), NETWORK).load_class(random_class("ox", 8))
    state = read_label_state(shapes, NETWORK)
    assert state is not None
    assert not state.current
    assert len(list_classes(shapes, NETWORK)) == state.labelling.classes


def test_labels_are_out_of_date_when_a_class_is_removed(shapes: Database) -> None:
    """They stay."""
    add_labels(shapes)
    before = read_label_state(shapes, NETWORK)
    assert before is not None
    assert before.current
    remove_class(shapes, NETWORK, "ox")
    after = read_label_state(shapes, NETWORK)
    assert after is not None
    assert (after.current, after.labelling) == (False, before.labelling)
    assert read_labels(shapes, NETWORK)


def test_labels_of_a_removed_network_are_not_written(shapes: Database) -> None:
    """A network that was created again under the same name is another one."""
    remove_network(shapes, find_network(shapes, NETWORK))
    with pytest.raises(UnknownNameError, match="label them again"):
        write_labels(shapes, NETWORK, LABELS, LABELLING)
