"""Labels of channels in the database."""

from __future__ import annotations

import pytest

from summit_graph.errors import UnknownNameError
from summit_graph.records import Alternative, Channel, ChannelLabel, Labelling
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.removal import remove_class, remove_network
from summit_graph.views.channel_labels import read_label_state, read_labels
from summit_graph.views.classes import list_classes
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class
from tests.shapes import NETWORK, add_labels, load_shapes, shape_classes

DOG = ChannelLabel("dog", 0.9, "concepts", (Alternative("“furry”", 0.7, "appearance"),))
UNSURE = ChannelLabel(None, 0.61, "concepts", (Alternative("cat", 0.61, "concepts"),))
LABELS = {Channel("mixed3a", 7): UNSURE, Channel("mixed4c", 3): DOG}
LABELLING = Labelling(("concepts", "appearance"), 5, 9)


@pytest.fixture(scope="module")
def shapes(filled: Database) -> Database:
    """The network "shapes", loaded once: these tests replace all of its labels."""
    return load_shapes(filled, shape_classes())


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


def test_the_channels_of_a_graph_have_their_labels(shapes: Database) -> None:
    """None where a channel has none."""
    add_labels(shapes)
    nodes = read_attribution_graph(shapes, NETWORK, "bear").nodes
    labelled = {node.channel.layer for node in nodes if node.label}
    assert labelled == {"mixed4c", "mixed4e"}


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
