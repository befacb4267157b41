"""One channel across classes: its counts, and how specific it is to each class."""

from __future__ import annotations

from math import comb

import pytest

from summit_graph.errors import UnknownNameError
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.views.channels import ChannelInClass, read_channel
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import class_tables, manifest

CHANNEL = Channel("mixed4c", 3)


def read_classes(database: Database, counts: dict[str, int]) -> dict[str, ChannelInClass]:
    """Classes with ten images each, and the number of these in which the channel is a top channel."""
    loader = NetworkLoader(database, manifest(), "shapes")
    for name, count in counts.items():
        fired = [(CHANNEL.layer, CHANNEL.index, count)] if count else []
        loader.load_class(class_tables(name, [("mixed3a", 0, 10), *fired]))
    return {one.name: one for one in read_channel(database, "shapes", CHANNEL).classes}


def test_specificity_is_against_all_other_classes(fresh_database: Database) -> None:
    """9 of the bear's 10 images and 1 of the 20 others: 18 times as often; p is by Fisher's exact test."""
    bear = read_classes(fresh_database, {"bear": 9, "bus": 1, "lion": 0})["bear"]
    p = sum(comb(10, k) * comb(20, 10 - k) for k in (9, 10)) / comb(30, 10)
    assert bear.lift == pytest.approx(0.9 / (1 / 20))
    assert bear.q == pytest.approx(3 * p)  # the smallest of three classes' p, the lion's being 1


def test_a_channel_that_is_active_for_all_classes_is_specific_to_none(fresh_database: Database) -> None:
    """Its share is equal in all classes, and none is significant."""
    found = read_classes(fresh_database, {"bear": 10, "bus": 10})
    assert {(one.lift, one.q) for one in found.values()} == {(1.0, 1.0)}


def test_specificity_is_undefined_for_a_single_class(fresh_database: Database) -> None:
    """There are no other classes to compare with."""
    bear = read_classes(fresh_database, {"bear": 9})["bear"]
    assert (bear.count, bear.lift, bear.q) == (9, None, None)


def test_an_unknown_channel_is_an_error(fresh_database: Database) -> None:
    """The error has the layer's width."""
    read_classes(fresh_database, {"bear": 9})
    with pytest.raises(UnknownNameError, match="mixed4c has 8 channels"):
        read_channel(fresh_database, "shapes", Channel("mixed4c", 8))
