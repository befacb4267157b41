"""Folders that earlier versions wrote, of InceptionV1, are read as those of the current format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from summit_graph.counts.add_up import merge_count_folders
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.inception import (
    STANDARD_BRANCHES,
    STANDARD_LAYERS,
    inception_stops,
)
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError
from tests.count_tables import SMALL_STOPS, class_tables, manifest, random_class, rewrite_as_format_1
from tests.test_count_checks import edit, rewrite

HOPS = [("mixed3b", "1x1", "direct", 0, 3, 2), ("mixed3b", "1x1", "direct", 1, 3, 4)]
HOPS += [("mixed3b", "pool", "direct", 6, 3, 2), ("mixed3b", "pool", "direct", 7, 3, 4)]


@pytest.fixture
def current(tmp_path: Path) -> Path:
    write_count_folder(tmp_path / "current", manifest(), [random_class("bear", 1), random_class("lion", 2)])
    return tmp_path / "current"


@pytest.fixture
def former(tmp_path: Path) -> Path:
    write_count_folder(tmp_path / "former", manifest(), [random_class("bear", 1), random_class("lion", 2)])
    rewrite_as_format_1(tmp_path / "former")
    return tmp_path / "former"


def test_a_class_is_read_as_if_it_was_written_today(current: Path, former: Path) -> None:
    """Activations, hops and influences; there are no outputs."""
    wanted, read = (CountFolder(path).read_class("lion") for path in (current, former))
    assert read == wanted
    assert not len(read.outputs)


def test_a_class_is_read_to_be_loaded(current: Path, former: Path) -> None:
    """Also where influences are derived from the hops."""
    wanted = CountFolder(current).read_class("bear")
    for _ in range(2):
        read = CountFolder(former).read_to_load("bear").influences
        assert read.cast(wanted.influences.schema).equals(wanted.influences)
        (former / "influences.parquet").unlink(missing_ok=True)


def test_a_manifest_is_read_as_if_it_was_written_today(current: Path, former: Path) -> None:
    """The number of bottlenecks is not recorded: it has an upper bound."""
    wanted, read = CountFolder(current).manifest, CountFolder(former).manifest
    assert read.layers == wanted.layers
    assert read.parameters == wanted.parameters
    assert [(stop.name, stop.layer) for stop in read.stops] == [
        (stop.name, stop.layer) for stop in SMALL_STOPS
    ]
    assert {stop.channels for stop in read.stops} == {8, 64}


def test_a_folder_is_checked(former: Path) -> None:
    """It passes, and is refused where its rows are not of format 1."""
    CountFolder(former).verify()


@pytest.mark.parametrize(
    ("table", "values", "message"),
    [
        ("hops", {"branch": "7x7"}, "there is no stop '7x7/"),
        ("hops", {"stage": "reduce"}, "there is no stop '1x1/reduce'"),
        ("hops", {"layer": None}, "there is no layer 'None'"),
        ("hops", {"layer": "mixed3a"}, "there is no source ''"),
        ("hops", {"output": 2}, "does not read that source"),
        ("hops", {"branch": 3}, "column branch is of type int64"),
        ("influences", {"previous": 9}, "previous 9 is none of 0 to 7"),
        ("influences", {"channel": None}, "channel -1 is none of 0 to 7"),
        ("influences", {"channel": 0, "via": 1}, "a row occurs twice|there is no via_stop"),
    ],
)
def test_hostile_rows_are_refused(table: str, values: dict, message: str, former: Path) -> None:
    """Hostile count folders of format 1: one line names the file."""
    if "branch" in values and isinstance(values["branch"], int):
        rewrite(former, table, lambda rows: pa.Table.from_pylist([row | values for row in rows]))
    else:
        rewrite(former, table, lambda rows: [rows[0] | values, *rows[1:]])
    with pytest.raises(CountFilesError, match=message):
        CountFolder(former).verify()


def test_folders_of_both_formats_are_added(current: Path, former: Path, tmp_path: Path) -> None:
    """What is written is of the current format, with the stops of the folder that knows them."""
    for name, parts in {"both": (former, current), "twice": (current, current)}.items():
        merge_count_folders([CountFolder(part) for part in parts], tmp_path / name)
    assert json.loads((tmp_path / "both" / "manifest.json").read_text())["format"] == 2
    for file in (tmp_path / "twice").iterdir():
        assert (tmp_path / "both" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_folder_is_turned_into_the_current_format(current: Path, former: Path, tmp_path: Path) -> None:
    """``merge`` of one folder: the tables are those of today, byte by byte."""
    merge_count_folders([CountFolder(former)], tmp_path / "new")
    for name in ("activations", "hops", "influences", "outputs", "classes"):
        assert pq.read_table(tmp_path / "new" / f"{name}.parquet").equals(
            pq.read_table(current / f"{name}.parquet")
        )


def without_branches(folder: Path) -> CountFolder:
    edit(folder, lambda value: value.pop("branches"))
    return CountFolder(folder)


def written(folder: Path, hops: list, change: Callable[[Path], None] = lambda folder: None) -> Path:
    write_count_folder(folder, manifest(), [class_tables("bear", [("mixed3a", 2, 7)], hops)])
    rewrite_as_format_1(folder)
    change(folder)
    return folder


def test_missing_branch_widths_are_derived_from_the_hops(tmp_path: Path) -> None:
    """A minimal manifest has only the number of channels per layer."""
    layers = {layer.name: layer for layer in without_branches(written(tmp_path, HOPS)).manifest.layers}
    assert layers["mixed3b"].branches == (6, 0, 0, 2)


def test_without_hops_branch_widths_may_be_unknown(tmp_path: Path) -> None:
    """An export of a narrow network by another program: influences exist and do not need the widths."""
    read = without_branches(written(tmp_path, HOPS, lambda folder: (folder / "hops.parquet").unlink()))
    assert {layer.branches for layer in read.manifest.layers} == {None}
    assert read.read_class("bear").influences["count"].to_pylist() == [2, 4, 2, 4]


def test_standard_widths_are_known(tmp_path: Path) -> None:
    """A standard InceptionV1 needs no branch widths in its manifest."""
    standard = manifest(layers=STANDARD_LAYERS, stops=inception_stops(STANDARD_LAYERS))
    write_count_folder(tmp_path / "c", standard, [])
    rewrite_as_format_1(tmp_path / "c")
    read = without_branches(tmp_path / "c").manifest
    assert {layer.name: layer.branches for layer in read.layers} == STANDARD_BRANCHES
    assert read.stops == standard.stops
