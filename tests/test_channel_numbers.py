"""Numbers of channels: a layer's first number plus the index within the layer."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from summit_graph.counts.folder import CountFolder
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError
from summit_graph.store.channels import numbers_of
from summit_graph.workflows.bulk_csv import write_import_files
from tests.count_tables import class_tables, manifest

PLACES = {"mixed3a": range(10, 18), "mixed3b": range(18, 26)}


def numbers(*channels: tuple[str, int]) -> list[int]:
    layers, indices = zip(*channels, strict=True)
    columns = pa.chunked_array([layers]), pa.chunked_array([pa.array(indices, pa.int32())])
    return numbers_of(PLACES, *columns, of="bear").tolist()


def test_the_number_of_a_channel_is_the_first_of_its_layer_plus_the_index() -> None:
    """For any order of the layers."""
    assert numbers(("mixed3b", 0), ("mixed3a", 7), ("mixed3b", 7)) == [18, 17, 25]


@pytest.mark.parametrize("index", [8, -1])
def test_an_index_outside_of_its_layer_is_an_error(index: int) -> None:
    """It is not a channel of the next layer. The error names class, channel and the layer's width."""
    with pytest.raises(CountFilesError, match=rf"'bear' .* mixed3a/{index}, but mixed3a has 8 channels"):
        numbers(("mixed3a", 0), ("mixed3a", index))


def test_an_unknown_layer_is_an_error() -> None:
    """The error is one sentence, not a KeyError."""
    with pytest.raises(CountFilesError, match=r"class 'bear' .* mixed9z/0, but there is no such layer"):
        numbers(("mixed3a", 0), ("mixed9z", 0))


def test_the_importer_receives_no_channel_outside_of_its_layer(tmp_path: Path) -> None:
    """Count files written by other programs may contain any number."""
    write_count_folder(tmp_path / "counts", manifest(), [class_tables("bear", [("mixed3a", 8, 1)])])
    with pytest.raises(CountFilesError, match=r"class 'bear' counts channel mixed3a/8"):
        write_import_files(CountFolder(tmp_path / "counts"), "shapes", tmp_path / "files")
