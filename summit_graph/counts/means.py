"""``means.parquet``: sums of maps over a class's images, from which the baseline of relevance is computed.

Sums are multiples of a power of two, so adding them is exact in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from summit_graph.errors import CountFilesError

#: One row per channel of a value of the program: the sum of its map over the images, row by row.
MEANS_SCHEMA = pa.schema([("value", pa.string()), ("channel", pa.int32()), ("sums", pa.list_(pa.float64()))])


def means_table(sums: Mapping[str, NDArray[np.float64]]) -> pa.Table:
    """The rows of a class from sums (channels, height, width) by the value's name."""
    parts = [_rows(name, sums[name]) for name in sorted(sums)]
    return pa.concat_tables([MEANS_SCHEMA.empty_table(), *parts]).combine_chunks()


def means_added(parts: Sequence[pa.Table]) -> pa.Table:
    """The rows of a class counted in parts.

    Raises:
        CountFilesError: the parts are of programs whose values differ.
    """
    first = parts[0]
    if any(_places(part) != _places(first) for part in parts):
        raise CountFilesError(
            "means.parquet: the folders' programs have other values, as under another version of torch: "
            "count them again with one version"
        )
    flat = sum(_flat(part) for part in parts)
    sums = pa.ListArray.from_arrays(first["sums"].combine_chunks().offsets, pa.array(flat))
    return pa.table([first["value"], first["channel"], sums], schema=MEANS_SCHEMA)


def _rows(name: str, sums: NDArray[np.float64]) -> pa.Table:
    channels, size = sums.shape[0], sums[0].size
    lists = pa.ListArray.from_arrays(np.arange(channels + 1, dtype=np.int32) * size, pa.array(sums.ravel()))
    columns = [pa.repeat(name, channels), np.arange(channels, dtype=np.int32), lists]
    return pa.table(columns, schema=MEANS_SCHEMA)


def _places(part: pa.Table) -> list[pa.Array]:
    """Each row's value, channel and number of sums."""
    table = part.combine_chunks()
    lengths = pc.list_value_length(table["sums"])
    return [one.combine_chunks() for one in (table["value"], table["channel"], lengths)]


def _flat(part: pa.Table) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = part["sums"].combine_chunks().values.to_numpy()
    return flat
