"""Count folders: writing, reading, merging; a folder is never incomplete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from summit_graph.counts.add_up import merge_count_folders
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.inception import STANDARD_LAYERS, inception_stops
from summit_graph.counts.manifest import HOPS_SCHEMA, ClassTables, Manifest
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError, SummitGraphError, UsageError
from summit_graph.records import Channel, Parameters
from tests.count_tables import (
    TWO_BLOCKS,
    activations_table,
    class_tables,
    manifest,
    random_class,
    table_of,
    two_blocks_class,
)

HOPS = [("mixed3b", "1x1", "direct", 0, 3, 2), ("mixed3b", "1x1", "direct", 1, 3, 4)]
HOPS += [("mixed3b", "pool", "direct", 6, 3, 2), ("mixed3b", "pool", "direct", 7, 3, 4)]
BEAR = class_tables("bear", [("mixed3a", 2, 7), ("mixed3b", 0, 3)], HOPS, output=5)
LION = class_tables("lion", [("mixed3a", 1, 4)], HOPS[:1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_count_folder(tmp_path / "counts", manifest(), [BEAR, LION])
    return tmp_path / "counts"


def test_a_class_is_read_as_it_was_written(folder: Path) -> None:
    """Activations and hops are read as the same rows."""
    read = CountFolder(folder).read_class("bear")
    assert read.summary == BEAR.summary
    assert read.activations.equals(BEAR.activations)
    assert read.hops.equals(BEAR.hops)


def test_influences_are_derived_if_the_file_is_missing(folder: Path) -> None:
    """A folder without influences.parquet is complete."""
    with_file = CountFolder(folder).read_class("bear").influences
    (folder / "influences.parquet").unlink()
    assert CountFolder(folder).read_class("bear").influences.equals(with_file)
    assert with_file["count"].to_pylist() == [2, 4, 2, 4]


def test_files_have_the_columns_of_the_specification(folder: Path) -> None:
    """SPEC 4's columns in order."""
    names = {file.stem: pq.read_schema(file).names for file in folder.glob("*.parquet")}
    assert names == {
        "classes": ["class", "output", "title", "images", "top1", "top5", "histogram"],
        "activations": ["class", "layer", "channel", "count"],
        "hops": ["class", "layer", "stop", "source", "skip", "output", "input", "count"],
        "influences": [
            *("class", "layer", "channel", "previous_layer", "previous", "count", "via", "via_stop", "skip")
        ],
        "outputs": ["class", "layer", "channel", "count"],
    }


def test_the_manifest_has_images_and_hashes(folder: Path) -> None:
    """Numbers of images by class, SHA-256 by file."""
    value = json.loads((folder / "manifest.json").read_text())
    assert value["images"] == {"bear": 10, "lion": 10}
    assert set(value["files"]) == {file.name for file in folder.glob("*.parquet")}
    assert value["parameters"] == {
        "mass": 0.03,
        "top_activations": None,
        "top_influences": 5,
        "excluded": [],
        "skips": True,
    }


def test_equal_counts_are_equal_bytes(folder: Path, tmp_path: Path) -> None:
    """Merging two folders gives the same bytes as counting all images in one run."""
    write_count_folder(tmp_path / "a", manifest(), [LION])
    write_count_folder(tmp_path / "b", manifest(), [BEAR])
    merge_count_folders([CountFolder(tmp_path / "a"), CountFolder(tmp_path / "b")], tmp_path / "both")
    for file in folder.iterdir():
        assert (tmp_path / "both" / file.name).read_bytes() == file.read_bytes(), file.name


def test_files_use_only_common_encodings(folder: Path) -> None:
    """Kind: files for other programs. Only encodings that DuckDB 0.9, fastparquet and Polars support."""
    used = set()
    for file in folder.glob("*.parquet"):
        metadata = pq.read_metadata(file)
        groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
        columns = [group.column(at) for group in groups for at in range(group.num_columns)]
        used |= {encoding for column in columns for encoding in column.encodings}
    assert used <= {"PLAIN", "RLE", "RLE_DICTIONARY", "DELTA_BINARY_PACKED"}


def read_by_duckdb(file: Path) -> pd.DataFrame:
    duckdb = pytest.importorskip("duckdb")
    return duckdb.read_parquet(str(file)).df()


def read_by_fastparquet(file: Path) -> pd.DataFrame:
    fastparquet = pytest.importorskip("fastparquet")
    return fastparquet.ParquetFile(str(file)).to_pandas()


def read_by_polars(file: Path) -> pd.DataFrame:
    polars = pytest.importorskip("polars")
    return pd.DataFrame(polars.read_parquet(file).to_dict(as_series=False))


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "duckdb": read_by_duckdb,
    "fastparquet": read_by_fastparquet,
    "pandas": partial(pd.read_parquet, engine="pyarrow"),
    "polars": read_by_polars,
}


@pytest.mark.parametrize("reader", READERS)
def test_other_programs_read_the_files(reader: str, tmp_path: Path) -> None:
    """Kind: files for other programs. Every value is equal, including missing ones and lists."""
    bear = replace(random_class("bear", 1), summary=BEAR.summary)
    write_count_folder(tmp_path, manifest(), [bear, random_class("lion", 2)])
    for name in ("activations", "hops", "influences", "outputs"):
        file = tmp_path / f"{name}.parquet"
        wanted = pq.read_table(file).to_pandas().convert_dtypes()
        found = READERS[reader](file).convert_dtypes()
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_column_type=False)
    classes = READERS[reader](tmp_path / "classes.parquet")
    assert list(classes["class"]) == ["bear", "lion"]
    histograms = pq.read_table(tmp_path / "classes.parquet")["histogram"].to_pylist()
    assert [list(one) if hasattr(one, "__len__") else None for one in classes["histogram"]] == histograms


def test_merging_adds_images_of_one_class(folder: Path, tmp_path: Path) -> None:
    """Counts, images, accuracy and histogram are added; influences are derived again."""
    merge_count_folders([CountFolder(folder), CountFolder(folder)], tmp_path / "twice")
    twice = CountFolder(tmp_path / "twice").read_class("bear")
    assert twice.summary.images == 20
    assert (twice.summary.top1, twice.summary.top5, twice.summary.histogram[0]) == (10, 20, 20)
    assert twice.activations["count"].to_pylist() == [14, 6]
    assert twice.influences["count"].to_pylist() == [4, 8, 4, 8]


def test_a_folder_is_not_merged_into_itself(folder: Path, tmp_path: Path) -> None:
    """The folder would be read and written at once. It is refused for any path to it, and not changed."""
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    write_count_folder(tmp_path / "b", manifest(), [BEAR])
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(UsageError, match="link is one of the folders"):
        merge_count_folders([CountFolder(tmp_path / "b"), CountFolder(folder)], tmp_path / "link")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_incompatible_folders_are_refused_before_rows_are_read(tmp_path: Path) -> None:
    """Kind: late failures are checked first. Another output, no hops, and an output that is not writable."""
    write_count_folder(
        tmp_path / "other", manifest(), [replace(BEAR, summary=replace(BEAR.summary, output=6))]
    )
    write_count_folder(tmp_path / "exported", manifest(), [LION], tables=("activations", "influences"))
    (tmp_path / "file").write_text("")

    def merge(*names: str, out: str = "out") -> None:
        merge_count_folders([CountFolder(tmp_path / name) for name in names], tmp_path / out)

    write_count_folder(tmp_path / "whole", manifest(), [BEAR])
    with pytest.raises(CountFilesError, match="is output 5 in one folder and 6 in another"):
        merge("whole", "other")
    with pytest.raises(CountFilesError, match=r"has no hops\.parquet"):
        merge("whole", "exported")
    with pytest.raises(OSError, match="file"):
        merge("whole", "whole", out="file")
    assert not (tmp_path / "out").exists()


def test_a_linked_work_folder_is_not_deleted(tmp_path: Path) -> None:
    """Kind: deletion. Remains of an earlier writer are deleted, the target of a link is not."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / ".writing").symlink_to(tmp_path / "precious")
    with pytest.raises(SummitGraphError, match="is a link"):
        write_count_folder(tmp_path / "counts", manifest(), [BEAR])
    assert (tmp_path / "precious" / "file").exists()


@pytest.mark.parametrize("name", ["manifest.json", "classes.parquet"])
def test_files_of_other_programs_are_not_replaced(name: str, tmp_path: Path) -> None:
    """Kind: identity by file name. The folder is refused and the file is not changed."""
    (tmp_path / name).write_text("{}")
    with pytest.raises(CountFilesError, match=f"has {name}, but is not a count folder"):
        write_count_folder(tmp_path, manifest(), [random_class("bear", 0)])
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_second_process_cannot_write_into_the_same_folder(tmp_path: Path) -> None:
    """The second process gets an error, and the first one's files are complete."""

    def while_another_tries() -> Iterator[ClassTables]:
        yield BEAR
        with pytest.raises(SummitGraphError, match="another process is writing count files into"):
            write_count_folder(tmp_path / "counts", manifest(), [LION])
        yield LION

    write_count_folder(tmp_path / "counts", manifest(), while_another_tries())
    assert list(CountFolder(tmp_path / "counts").summaries) == ["bear", "lion"]
    assert not (tmp_path / "counts" / ".writing").exists()


def test_remains_of_a_killed_writer_are_deleted(tmp_path: Path) -> None:
    """Its hidden folder has an unlocked lock."""
    staging = tmp_path / "counts" / ".writing"
    staging.mkdir(parents=True)
    for name in ("lock", "influences.parquet"):
        (staging / name).write_bytes(b"half")
    write_count_folder(tmp_path / "counts", manifest(), [BEAR], tables=("activations", "hops"))
    names = {"classes.parquet", "activations.parquet", "hops.parquet", "manifest.json"}
    assert {file.name for file in (tmp_path / "counts").iterdir()} == names


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (manifest(weights="1" * 64), "weights"),
        (manifest(parameters=Parameters(top_influences=3)), "parameters"),
        (manifest(parameters=Parameters(excluded=(Channel("mixed3a", 1),))), "parameters"),
        (manifest(parameters=Parameters(images_per_class=9)), "parameters"),
        (manifest(layers=STANDARD_LAYERS, stops=inception_stops(STANDARD_LAYERS)), "layers"),
        (manifest(stops=()), "stops"),
    ],
)
def test_other_weights_or_parameters_do_not_merge(
    folder: Path, tmp_path: Path, other: Manifest, what: str
) -> None:
    """The error names the folder and what differs."""
    write_count_folder(tmp_path / "other", other, [LION])
    with pytest.raises(CountFilesError, match=what):
        merge_count_folders([CountFolder(folder), CountFolder(tmp_path / "other")], tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_classes_out_of_order_are_refused_without_remains(tmp_path: Path) -> None:
    """A failed writer leaves no manifest and no Parquet file."""
    with pytest.raises(CountFilesError, match="order"):
        write_count_folder(tmp_path / "counts", manifest(), [LION, BEAR])
    assert list((tmp_path / "counts").iterdir()) == []


def test_a_folder_without_manifest_is_not_finished(tmp_path: Path) -> None:
    """The error explains what to do."""
    with pytest.raises(CountFilesError, match="not a finished count folder"):
        CountFolder(tmp_path)


@pytest.mark.parametrize("name", ["../../bear", "", "..", "a/b"])
def test_a_class_with_the_name_of_a_path_is_refused(name: str, tmp_path: Path) -> None:
    """Files are named after classes, so names in foreign count files are checked too."""
    write_count_folder(tmp_path / "counts", manifest(), [class_tables(name, [("mixed3a", 0, 1)])])
    with pytest.raises(CountFilesError, match="cannot be a class's name"):
        CountFolder(tmp_path / "counts").summaries  # noqa: B018  # reading it raises


def test_a_damaged_file_is_named(folder: Path) -> None:
    """Its SHA-256 differs from the manifest's."""
    (folder / "hops.parquet").write_bytes(b"x")
    with pytest.raises(CountFilesError, match=r"hops\.parquet"):
        CountFolder(folder).verify()


@pytest.fixture
def residual(tmp_path: Path) -> Path:
    """A class of a network with skip connections."""
    hops = [("layer1.1", "layer1.1", "layer1.1.conv1", False, 3, 1, 6)]
    hops += [("layer1.1", "layer1.1", "stem", True, 2, 2, 7)]
    hops += [("layer1.1", "layer1.1.conv1", "stem", False, 1, at, 5 + at) for at in range(2)]
    tables = ClassTables(
        summary=BEAR.summary,
        activations=activations_table([("stem", 3, 2), ("layer1.0", 1, 2)]),
        hops=table_of(hops, HOPS_SCHEMA),
        outputs=activations_table([("layer1.0", 3, 8)]),
    )
    write_count_folder(tmp_path / "residual", TWO_BLOCKS, [tables])
    return tmp_path / "residual"


def test_a_network_of_any_layers_is_read_as_it_was_written(residual: Path) -> None:
    """Layers keep their order, sizes and stops; influences name the stop that they pass through."""
    read = CountFolder(residual)
    read.verify()
    assert (read.manifest.layers, read.manifest.stops) == (TWO_BLOCKS.layers, TWO_BLOCKS.stops)
    assert not read.manifest.parameters.skips
    names = ("layer", "channel", "previous_layer", "previous", "count", "via", "via_stop", "skip")
    rows = [tuple(row[name] for name in names) for row in read.read_class("bear").influences.to_pylist()]
    assert rows == [("layer1.1", 2, "stem", 2, 7, None, None, True)]
    assert read.read_class("bear").outputs.to_pylist() == [{"layer": "layer1.0", "channel": 3, "count": 8}]
    assert read.read_to_load("bear").outputs.num_rows == 1


def test_outputs_add_up(residual: Path, tmp_path: Path) -> None:
    """Counts of a network with skip connections and outputs, twice."""
    merge_count_folders([CountFolder(residual)] * 2, tmp_path / "twice")
    twice = CountFolder(tmp_path / "twice").read_class("bear")
    assert twice.outputs["count"].to_pylist() == [16]
    assert twice.hops["count"].to_pylist() == [12, 14, 10, 12]


def test_relevance_adds_up(tmp_path: Path) -> None:
    """Sums of either sign are read as they were written, and added row by row."""
    write_count_folder(tmp_path / "one", TWO_BLOCKS, [two_blocks_class("bear", 1)])
    one = CountFolder(tmp_path / "one")
    one.verify()
    merge_count_folders([one, one], tmp_path / "twice")
    twice = CountFolder(tmp_path / "twice").read_class("bear").relevance
    written = two_blocks_class("bear", 1).relevance
    assert twice["relevance"].to_pylist() == [2 * value for value in written["relevance"].to_pylist()]
    assert twice.drop_columns("relevance").equals(written.drop_columns("relevance"))


def test_relevance_of_some_images_alone_is_none(tmp_path: Path) -> None:
    """Also after another merge (kind: a sum over some of the images that looks like that over all)."""
    bear, cat = two_blocks_class("bear", 1), two_blocks_class("cat", 1)
    write_count_folder(tmp_path / "with", TWO_BLOCKS, [bear])
    write_count_folder(tmp_path / "without", TWO_BLOCKS, [replace(bear, relevance=None), cat])
    one, two = CountFolder(tmp_path / "with"), CountFolder(tmp_path / "without")
    merge_count_folders([one, two], tmp_path / "both")
    merge_count_folders([CountFolder(tmp_path / "both"), one], tmp_path / "more")
    merged = CountFolder(tmp_path / "more")
    assert not merged.read_class("bear").relevance
    assert merged.read_class("cat").relevance
