"""The inner stop of an influence, where its channel determines it and it need not be stored.

The channel determines it if there is a single inner stop between two layers, and in InceptionV1 if it is of a
branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from summit_graph.counts.manifest import ClassTables, Manifest
from summit_graph.counts.merging import Between, Ints, encoded_words, pairs_of_layers
from summit_graph.records import CountedStop, Layer


def counted_tables(tables: ClassTables, manifest: Manifest) -> ClassTables:
    """A class as in count files: ``via_stop`` on all influences that are not direct."""
    assert tables.influences is not None
    implied = implied_via_stops(tables.influences, manifest.layers, manifest.stops).cast(pa.string())
    return _with_via_stop(tables, pc.coalesce(tables.influences["via_stop"].cast(pa.string()), implied))


def stored_tables(tables: ClassTables, manifest: Manifest) -> ClassTables:
    """A class as in the graph: ``via_stop`` only where the channel does not determine it."""
    assert tables.influences is not None
    is_implied = implied_via_stops(tables.influences, manifest.layers, manifest.stops).is_valid()
    stop, nothing = tables.influences["via_stop"].cast(pa.string()), pa.scalar(None, pa.string())
    return _with_via_stop(tables, pc.if_else(is_implied, nothing, stop))


def may_store_via_stops(layers: Sequence[Layer], stops: Sequence[CountedStop]) -> bool:
    """Whether an influence of this network may have a stop that its channel does not determine."""
    return len(_determined(layers, stops)) < sum(1 for one in pairs_of_layers(layers, stops) if one.inner)


def implied_via_stops(
    influences: pa.Table, layers: Sequence[Layer], stops: Sequence[CountedStop]
) -> pa.DictionaryArray:
    """The inner stop of each influence that is not direct, if its channel determines it.

    Args:
        influences: columns layer, channel and via; channels may be outside of their layer.
    """
    known = _determined(layers, stops)
    names = list(dict.fromkeys(stop.name for between in known for stop in between.inner))
    numbers = {between.layer: _numbers(between, names) for between in known}
    codes, words = encoded_words(influences["layer"])
    lengths = np.array([len(numbers.get(word, ())) for word in words])
    starts = np.cumsum([0, *lengths])[:-1]
    every = np.concatenate([*(numbers.get(word, np.zeros(0, np.int64)) for word in words), [-1]])
    channel = influences["channel"].cast(pa.int64()).fill_null(-1).to_numpy()
    is_known = (channel >= 0) & (channel < lengths[codes]) & influences["via"].is_valid().to_numpy()
    number = every[np.where(is_known, starts[codes] + channel, -1)]
    return pa.DictionaryArray.from_arrays(
        pa.array(number, pa.int32(), mask=number < 0), pa.array(names, pa.string())
    )


def _determined(layers: Sequence[Layer], stops: Sequence[CountedStop]) -> list[Between]:
    """The pairs of layers whose channels determine the inner stop."""
    branched = {layer.name for layer in layers if layer.branches}
    between = pairs_of_layers(layers, stops)
    return [one for one in between if len(one.inner) == 1 or (one.inner and one.layer in branched)]


def _numbers(between: Between, names: Sequence[str]) -> Ints:
    """The number of the only inner stop that each of the layer's channels reads; -1 for none or several."""
    inner = {stop.name for stop in between.inner}
    found = np.full(between.own.channels, -1)
    several = np.zeros(between.own.channels, bool)
    for reads in between.own.reads:
        for first, end in reads.channels if reads.source in inner else ():
            number = names.index(reads.source)
            several[first:end] |= (found[first:end] >= 0) & (found[first:end] != number)
            found[first:end] = number
    found[several] = -1
    return found


def _with_via_stop(tables: ClassTables, column: pa.ChunkedArray) -> ClassTables:
    influences = tables.influences
    assert influences is not None
    place = influences.column_names.index("via_stop")
    return replace(tables, influences=influences.set_column(place, "via_stop", column))
