"""Reads one class's rows of a Parquet file without reading the others: each class is one row group.

Files from other programs may have several classes in a row group, or a class in several row groups.
Text columns are read as dictionaries, which is many times faster than text.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


class RowGroups:
    """An open Parquet file with a column ``class``; reads one class at a time and is thread-safe.

    Args:
        columns: the columns to read; text columns become dictionaries.
    """

    def __init__(self, file: Path, columns: pa.Schema) -> None:
        words = [column.name for column in columns if column.type == pa.string()]
        self._file = pq.ParquetFile(file, read_dictionary=["class", *words])
        self._columns = columns.names
        self._reading = Lock()

    def read(self, name: str) -> pa.Table:
        """The class's rows in file order."""
        with self._reading:
            return self._read(name)

    def _read(self, name: str) -> pa.Table:
        groups = [at for at, (lowest, highest) in enumerate(self._bounds) if lowest <= name <= highest]
        if all(self._bounds[at] == (name, name) for at in groups):
            return self._file.read_row_groups(groups, columns=self._columns)
        rows = self._file.read_row_groups(groups, columns=["class", *self._columns])
        return rows.filter(pc.equal(rows["class"].cast(pa.string()), name)).select(self._columns)

    @cached_property
    def _bounds(self) -> list[tuple[str, str]]:
        """The first and the last class of each row group."""
        metadata = self._file.metadata
        column = self._file.schema_arrow.names.index("class")
        found = [metadata.row_group(at).column(column).statistics for at in range(metadata.num_row_groups)]
        return [_bounds_of(statistics) for statistics in found]


def _bounds_of(statistics: pq.Statistics | None) -> tuple[str, str]:
    """Statistics are optional; without them a row group may contain any class."""
    if statistics is None or not statistics.has_min_max:
        return "", "\U0010ffff"
    return statistics.min, statistics.max
