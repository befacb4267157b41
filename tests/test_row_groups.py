"""The rows of one class, for any division of the file into row groups."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from summit_graph.counts.row_groups import RowGroups

COLUMNS = pa.schema([("layer", pa.string()), ("count", pa.int32())])
ROWS = [("bear", "mixed3a", 1), ("bear", "mixed3b", 2), ("lion", "mixed3a", 3), ("lion", "mixed5b", 4)]


def read(file: Path, name: str) -> list[tuple[str, int]]:
    table = RowGroups(file, COLUMNS).read(name)
    assert table.column_names == COLUMNS.names
    return [(row["layer"], row["count"]) for row in table.to_pylist()]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("statistics", [True, False])
def test_exactly_the_rows_of_a_class_are_read(size: int, statistics: bool, tmp_path: Path) -> None:
    """A class in several row groups, several in one, with or without bounds."""
    table = pa.table(dict(zip(("class", *COLUMNS.names), map(list, zip(*ROWS, strict=True)), strict=True)))
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=size, write_statistics=statistics)
    for name in ("bear", "lion"):
        assert read(tmp_path / "rows.parquet", name) == [row[1:] for row in ROWS if row[0] == name]


def test_a_class_without_rows_has_none(tmp_path: Path) -> None:
    """Also if its name is between two others in sorted order."""
    table = pa.table(dict(zip(("class", *COLUMNS.names), map(list, zip(*ROWS, strict=True)), strict=True)))
    pq.write_table(table, tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet", "fox") == []
