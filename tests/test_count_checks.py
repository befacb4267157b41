"""Count folders that violate SPEC 4 are refused completely, with a one-line error that names the file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from summit_graph.counts.add_up import merge_count_folders
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import RELEVANCE_SCHEMA
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError
from summit_graph.records import Parameters
from summit_graph.system.atomic_files import sha256_of
from tests.count_tables import class_tables, manifest, random_class, table_of

#: Of bear: layer, channel, sum.
RELEVANCE = [("mixed3a", 0, -0.5), ("mixed3a", 1, 2.25)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of ten images."""
    bear = replace(random_class("bear", 1), relevance=table_of(RELEVANCE, RELEVANCE_SCHEMA))
    classes = [bear, class_tables("lion", [("mixed3a", 0, 3)], output=3)]
    write_count_folder(tmp_path / "counts", manifest(parameters=Parameters(top_influences=9)), classes)
    return tmp_path / "counts"


def rewrite(folder: Path, table: str, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Change a table's rows; the manifest's hash is that of the new file, as in a forged folder."""
    file = folder / f"{table}.parquet"
    rows = pq.read_table(file)
    changed = change(rows.to_pylist())
    if isinstance(changed, list):
        changed = pa.Table.from_pylist(changed, schema=rows.schema)
    pq.write_table(changed, file)
    edit(folder, lambda value: value["files"].update({file.name: sha256_of(file)}))


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    file = folder / "manifest.json"
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))


def with_last(**values: object) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda rows: [*rows[:-1], rows[-1] | values]


def with_first(**values: object) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda rows: [rows[0] | values, *rows[1:]]


def test_a_valid_folder_is_accepted(folder: Path) -> None:
    """As written, merged, and without the influences."""
    CountFolder(folder).verify()
    merge_count_folders([CountFolder(folder), CountFolder(folder)], folder.with_name("twice"))
    CountFolder(folder.with_name("twice")).verify()
    (folder / "influences.parquet").unlink()
    CountFolder(folder).verify()


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        with_last(count=1),
        lambda rows: [row for row in rows if row["via"] is None],
        lambda rows: [row | {"count": 1} for row in rows],
    ],
)
def test_influences_that_the_hops_do_not_give_are_refused(
    change: Callable[[list[dict[str, Any]]], Any], folder: Path
) -> None:
    """Each row may be possible by itself (kind: two files that say the same thing and may disagree)."""
    rewrite(folder, "influences", change)
    with pytest.raises(CountFilesError, match=r"influences\.parquet, class 'bear': .* delete the file"):
        CountFolder(folder).verify()
    (folder / "influences.parquet").unlink()
    CountFolder(folder).verify()


def test_rows_may_be_in_another_order(folder: Path) -> None:
    """In files of other programs, rows of a class may have any order."""
    for table in ("activations", "hops", "influences"):
        rewrite(folder, table, lambda rows: sorted(rows, key=lambda row: (row["class"], -row["count"])))
    CountFolder(folder).verify()


HUGE = 2**31 - 1
OUTPUTS = [{"class": "bear", "layer": layer, "channel": 1, "count": 1} for layer in ("mixed3a", "mixed5b")]
ROWS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], Any], str]] = {
    "duplicate activation": ("activations", lambda rows: [rows[0], *rows], "a row occurs twice"),
    "duplicate hop": ("hops", lambda rows: [rows[1], *rows], "a row occurs twice"),
    "duplicate influence": ("influences", lambda rows: [rows[1], *rows], "a row occurs twice"),
    "count above images": ("activations", with_first(count=11), "a count is 11, of 10 images"),
    "huge count": ("hops", with_first(count=HUGE), f"a count is {HUGE}, of 10 images"),
    "negative count": ("influences", with_first(count=-1), "a count is -1, of 10 images"),
    "zero count": ("activations", with_first(count=0), "a count is 0, of 10 images"),
    "no count": ("activations", with_first(count=None), "a count is -1, of 10 images"),
    "channel beyond": ("activations", with_first(channel=8), "channel 8 is none of 0 to 7"),
    "negative channel": ("influences", with_first(channel=-5), "channel -5 is none of 0 to 7"),
    "huge output": ("hops", with_first(output=HUGE), "output .* is none of 0 to 2"),
    "huge output of a layer": ("hops", with_last(output=8), "output 8 is none of 0 to 7"),
    "another branch's output": ("hops", with_last(output=2), "output 2 does not read that source"),
    "huge input": ("hops", with_first(input=HUGE), "input .* is none of 0 to 7"),
    "negative via": ("influences", with_first(via=-3, via_stop="3x3_reduce"), "via -3 is none of 0 to 2"),
    "huge via": ("influences", with_first(via=3, via_stop="3x3_reduce"), "via 3 is none of 0 to 2"),
    "via without a stop": ("influences", with_first(via=1, via_stop=None), "there is no via_stop 'None'"),
    "stop without a via": ("influences", with_first(via=None, via_stop="3x3_reduce"), "via -1 is none of"),
    "via of another layer": ("influences", with_first(via=1, via_stop="mixed3a"), "is not a stop below its"),
    "skip of no identity": ("influences", with_first(skip=True), "a skip is where its channel reads no"),
    "no skip": ("influences", with_first(skip=None), "a skip is missing"),
    "unknown layer": ("activations", with_first(layer="mixed9z"), "there is no layer 'mixed9z'"),
    "no layer": ("activations", with_first(layer=None), "there is no layer"),
    "unknown stop": ("hops", with_first(stop="7x7"), "there is no stop '7x7'"),
    "unknown source": ("hops", with_first(source=None), "there is no source 'None'"),
    "another source": ("hops", with_first(source="5x5_reduce"), "does not read 5x5_reduce with weights"),
    "another layer's source": ("hops", with_first(source="mixed5a"), "does not read mixed5a with weights"),
    "hop of no identity": ("hops", with_first(skip=True), "does not read mixed3a as a skip"),
    "hop without skip": ("hops", with_first(skip=None), "a skip is missing"),
    "skip as a number": (
        "hops",
        lambda rows: pa.Table.from_pylist([row | {"skip": 1} for row in rows]),
        "column skip is of type int64",
    ),
    "output of a lower layer": ("outputs", lambda rows: OUTPUTS[:1], "there is no layer 'mixed3a'"),
    "duplicate output": ("outputs", lambda rows: OUTPUTS[1:] * 2, "a row occurs twice"),
    "output beyond": ("outputs", lambda rows: [OUTPUTS[1] | {"channel": 8}], "channel 8 is none of 0 to 7"),
    "relevance that is no number": (
        "relevance",
        with_first(relevance=math.nan),
        "a relevance is not finite",
    ),
    "missing relevance": ("relevance", with_last(relevance=None), "a relevance is not finite"),
    "relevance of no channel": ("relevance", with_first(channel=8), "channel 8 is none of 0 to 7"),
    "relevance twice": ("relevance", lambda rows: rows[:1] * 2, "a row occurs twice"),
    "relevance of no layer": ("relevance", with_first(layer="mixed9"), "there is no layer 'mixed9'"),
    "another layer below": ("influences", with_first(previous_layer="mixed5b"), "not from the layer before"),
    "unknown class": ("activations", with_first(**{"class": "fox"}), "rows of 'fox' are of no class"),
    "split class": ("activations", lambda rows: [*rows[1:], rows[0]], "rows of 'bear' are not together"),
    "numbers as text": (
        "activations",
        lambda rows: pa.Table.from_pylist([row | {"count": "3"} for row in rows]),
        "column count is of type string",
    ),
    "numbers beyond": (
        "activations",
        lambda rows: pa.table(
            pa.Table.from_pylist(rows).to_pydict() | {"count": pa.array([2**63] * len(rows), pa.uint64())}
        ),
        "cannot be read",
    ),
    "column missing": (
        "activations",
        lambda rows: pa.Table.from_pylist([{"class": row["class"]} for row in rows]),
        "lacks the column layer",
    ),
    "duplicate class": ("classes", lambda rows: [rows[0], rows[0]], "class 'bear' occurs twice"),
    "class too many": ("classes", lambda rows: [*rows, rows[0]], "it has 3 classes, and manifest.json 2"),
    "class of another name": ("classes", with_first(**{"class": "fox"}), "is in only one of the file"),
    "class named as a path": ("classes", with_first(**{"class": "../x"}), "cannot be a class's name"),
    "class without a name": ("classes", with_first(**{"class": None}), "cannot be a class's name"),
    "negative images": ("classes", with_first(images=-1), "class 'bear' has -1 images, and 10 in manifest"),
    "no title": ("classes", with_first(title=None), "class 'bear' has no title"),
    "accuracy without output": ("classes", with_first(top1=3), "class 'bear' has an accuracy but no output"),
    "right in too many": (
        "classes",
        lambda rows: [rows[0], rows[1] | {"top5": 11}],
        "class 'lion' is right in 5 and 11 of 10 images",
    ),
    "short histogram": (
        "classes",
        lambda rows: [rows[0], rows[1] | {"histogram": [10]}],
        "class 'lion' has a histogram",
    ),
}


@pytest.mark.parametrize(("table", "change", "message"), ROWS.values(), ids=ROWS)
def test_hostile_rows_are_refused(
    table: str, change: Callable[[list[dict[str, Any]]], Any], message: str, folder: Path
) -> None:
    """Kind: hostile count folders. The hashes are right, the rows are not; the error names the file."""
    rewrite(folder, table, change)
    with pytest.raises(CountFilesError, match=message) as refused:
        CountFolder(folder).verify()
    assert str(folder) in str(refused.value)
    assert "\n" not in str(refused.value)


def reads(value: dict[str, Any], **values: object) -> None:
    value["stops"][0]["reads"][0].update(values)


MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no files": (lambda value: value.pop("files"), "files: Field required"),
    "empty files": (lambda value: value.update(files={}), "lists no hash of classes.parquet"),
    "files of another type": (lambda value: value.update(files=["a"]), "files: Input should be a"),
    "file elsewhere": (lambda value: value["files"].update({"../x": "0" * 64}), "is missing"),
    "hash of another file": (
        lambda value: value["files"].update({"hops.parquet": "0" * 64}),
        "hops.parquet is damaged",
    ),
    "no hash": (lambda value: value["files"].update({"hops.parquet": 1}), "files.hops.parquet"),
    "weights like a path": (lambda value: value.update(weights_sha256="../../.."), "weights_sha256: String"),
    "dataset of another type": (lambda value: value.update(dataset=3), "dataset: Input should be a"),
    "images of another type": (lambda value: value.update(images={"bear": "10"}), "images.bear: Input"),
    "negative images": (lambda value: value.update(images={"bear": -1, "lion": 1}), "images.bear: Input"),
    "later format": (lambda value: value.update(format=3), "it is of format 3: update summit-graph"),
    "format of another type": (lambda value: value.update(format=[2]), "it is of format"),
    "huge layer": (lambda value: value["layers"][0].update(channels=10**9), "layers.0.channels: Input"),
    "no layer": (lambda value: value["layers"][0].update(channels=0), "layers.0.channels: Input should be"),
    "layer twice": (lambda value: value["layers"][1].update(name="mixed3a"), "mixed3a occurs twice"),
    "layer without a name": (lambda value: value["layers"][1].update(name="\n"), "cannot be a layer's name"),
    "size of another type": (lambda value: value["layers"][0].update(size=[1]), "layers.0.size"),
    "no stops": (lambda value: value.pop("stops"), "stops: Field required"),
    "stop twice": (lambda value: value["stops"].insert(0, value["stops"][0]), "a name that is taken"),
    "stop of no layer": (lambda value: value["stops"][0].update(layer="mixed3a"), "no layer that has one"),
    "stop named as the layer before": (
        lambda value: value["stops"][0].update(name="mixed3a"),
        "a name that is taken",
    ),
    "layer without a stop": (lambda value: value["stops"].pop(2), "those of mixed3b are missing"),
    "stop after its layer": (
        lambda value: value["stops"].insert(3, value["stops"][0] | {"name": "x"}),
        "comes after its layer",
    ),
    "a layer's own stop of another width": (
        lambda value: value["stops"][2].update(channels=9),
        "another number of channels",
    ),
    "stop that reads a later one": (lambda value: reads(value, source="5x5_reduce"), "is not before it"),
    "stop that reads itself": (lambda value: reads(value, source="3x3_reduce"), "is not before it"),
    "reading channels beyond": (lambda value: reads(value, channels=[[0, 4]]), "channels that it does not"),
    "reading channels backwards": (
        lambda value: reads(value, channels=[[2, 1]]),
        "channels that it does not",
    ),
    "reading channels twice": (
        lambda value: reads(value, channels=[[0, 2], [1, 3]]),
        "channels that it does",
    ),
    "huge stops": (
        lambda value: value["stops"][0].update(channels=1 << 16, reads=value["stops"][0]["reads"] * 300),
        "more channels than any network",
    ),
    "other branches": (lambda value: value["branches"].update(mixed3a=[1, 1, 1, 1]), "do not add up"),
    "few branches": (lambda value: value["branches"].update(mixed3a=[8]), "branches.mixed3a"),
    "mass of another type": (lambda value: value["parameters"].update(mass="3 %"), "parameters.mass"),
    "mass beyond": (lambda value: value["parameters"].update(mass=3), "mass is a share"),
    "no channel": (lambda value: value["parameters"].update(excluded=["x"]), "'x' is not a channel"),
    "input rule of another type": (lambda value: value.update(input={"colors": "GRB"}), "input.colors"),
    "skipped of another type": (lambda value: value.update(skipped=[1]), "skipped.0"),
}


@pytest.mark.parametrize(("change", "message"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_hostile_manifest_is_refused(change: Callable, message: str, folder: Path) -> None:
    """Kind: hostile count folders. The error names the field."""
    edit(folder, change)
    with pytest.raises(CountFilesError, match=message):
        CountFolder(folder).verify()


@pytest.mark.parametrize("text", ["", "[]", "3", '"x"', "{", "[" * 100_000])
def test_a_file_that_is_not_a_manifest_is_refused(text: str, folder: Path) -> None:
    """Kind: hostile count folders. Other JSON and other text are one-line errors."""
    (folder / "manifest.json").write_text(text)
    with pytest.raises(CountFilesError, match="is not a count folder's manifest"):
        CountFolder(folder)


def test_an_endless_file_is_not_read(folder: Path) -> None:
    """Kind: hostile count folders. A link to a device is not a file."""
    (folder / "hops.parquet").unlink()
    (folder / "hops.parquet").symlink_to("/dev/zero")
    with pytest.raises(CountFilesError, match=r"hops\.parquet"):
        CountFolder(folder).verify()


def test_counts_that_exceed_the_number_of_images_are_refused(tmp_path: Path) -> None:
    """An image adds at most top_influences to an output, and at most top_activations to a layer."""
    hops = [("mixed3b", "1x1", "direct", 0, at, 6) for at in range(4)]
    influences = manifest(parameters=Parameters(top_influences=2))
    write_count_folder(tmp_path / "a", influences, [class_tables("bear", [("mixed3a", 0, 1)], hops)])
    with pytest.raises(CountFilesError, match="the counts of a output add up to more than 20"):
        CountFolder(tmp_path / "a").verify()
    activations = manifest(parameters=Parameters(mass=None, top_activations=1))
    bear = class_tables("bear", [("mixed3a", 0, 6), ("mixed3a", 1, 5)])
    write_count_folder(tmp_path / "b", activations, [bear])
    with pytest.raises(CountFilesError, match="the counts of a layer add up to more than 10"):
        CountFolder(tmp_path / "b").verify()


@pytest.mark.slow
def test_too_many_rows_are_not_read(folder: Path) -> None:
    """Kind: hostile count folders. 20 million rows in a small file are refused because of their number."""
    rows = 20_000_000
    columns = {"class": "bear", "layer": "mixed3a", "channel": 1, "count": 1}
    table = pa.table({name: pa.repeat(value, rows) for name, value in columns.items()})
    rewrite(folder, "activations", lambda _: table)
    with pytest.raises(CountFilesError, match="20000000 rows: its classes can have 144 at most"):
        CountFolder(folder).verify()
    rewrite(folder, "activations", lambda _: table.slice(0, 100))
    with pytest.raises(CountFilesError, match="class 'bear': it has more rows than there are keys"):
        CountFolder(folder).verify()


def test_a_sum_that_overflows_the_file_format_is_refused(tmp_path: Path) -> None:
    """Kind: huge numbers. Two folders with a billion images each exceed the limit of one class."""
    for name in ("a", "b"):
        bear = class_tables("bear", [("mixed3a", 0, 1)], images=2**31 - 1)
        write_count_folder(tmp_path / name, manifest(), [bear])
    folders = [CountFolder(tmp_path / name) for name in ("a", "b")]
    with pytest.raises(CountFilesError, match="4294967294 images: 2147483647 at most"):
        merge_count_folders(folders, tmp_path / "c")


def test_a_class_without_activations_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    """Kind: late failures are checked first. Such a class has no graph."""
    write_count_folder(
        tmp_path, manifest(), [class_tables("bear", [("mixed3a", 0, 1)]), class_tables("fox", [])]
    )
    counts = CountFolder(tmp_path)
    counts.check_loadable(["bear"])
    with pytest.raises(CountFilesError, match="class 'fox' activates no channel"):
        counts.check_loadable(["bear", "fox"])
