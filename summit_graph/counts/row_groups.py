"""One class's rows of a Parquet file, without reading the others': every class is a row group of its own.

Files that others wrote may hold several classes in a row group or a class in several; they are read as well.
Text columns stay as numbers into a list of the few words that occur, which is many times faster than text.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


class RowGroups:
    """A Parquet file with a column ``class``, open for reading one class at a time, by any thread.

    Args:
        columns: what to read; those of text become dictionaries.
    """

    def __init__(self, file: Path, columns: pa.Schema) -> None:
        words = [column.name for column in columns if column.type == pa.string()]
        self._file = pq.ParquetFile(file, read_dictionary=["class", *words])
        self._columns = columns.names
        self._reading = Lock()

    def read(self, name: str) -> pa.Table:
        """The class's rows in the file's order; none where the class has none."""
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
    """A writer may leave them out: then any class may be there."""
    if statistics is None or not statistics.has_min_max:
        return "", "\U0010ffff"
    return statistics.min, statistics.max
