"""The inner stop of an influence: if the graph omits it, it is restored from the channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from summit_graph.counts.manifest import ClassTables, Manifest, with_influences
from summit_graph.counts.via_stops import counted_tables, may_store_via_stops, stored_tables
from tests.count_tables import TWO_BLOCKS, manifest, random_class, two_blocks_class

CASES = {
    "inception": (manifest(), random_class("bear", 1)),
    "two blocks": (TWO_BLOCKS, two_blocks_class("bear", 1)),
}


@pytest.mark.parametrize(("counted", "tables"), CASES.values(), ids=CASES)
def test_what_is_left_out_is_restored(counted: Manifest, tables: ClassTables) -> None:
    """Count files -> graph -> count files."""
    whole = with_influences(tables, counted)
    assert counted_tables(stored_tables(whole, counted), counted) == whole


def test_the_branches_of_inception_tell_every_stop() -> None:
    """Nothing is stored, also in a bulk load's columns."""
    counted, tables = CASES["inception"]
    stored = stored_tables(with_influences(tables, counted), counted).influences
    assert stored is not None
    assert stored["via"].null_count < len(stored) == stored["via_stop"].null_count
    assert not may_store_via_stops(counted.layers, counted.stops)


def test_a_stop_is_stored_where_several_lie_between_two_layers() -> None:
    """layer1.0 has two inner stops, layer1.1 has one."""
    counted, tables = CASES["two blocks"]
    stored = stored_tables(with_influences(tables, counted), counted).influences
    assert stored is not None
    named = {(row["layer"], row["via_stop"]) for row in stored.to_pylist() if row["via"] is not None}
    assert named == {("layer1.1", None), ("layer1.0", "layer1.0.conv2")}
    assert may_store_via_stops(counted.layers, counted.stops)


def test_nothing_is_told_where_stops_are_unknown() -> None:
    """A network from before they were recorded, whose branch widths are unknown."""
    counted, tables = CASES["inception"]
    unknown = replace(counted, stops=())
    whole = with_influences(tables, counted)
    assert stored_tables(whole, unknown) == whole
