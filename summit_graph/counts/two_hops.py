"""From counts of single convolutions to influences between channels (paper 5.2).

1.  The channels of the ``1x1`` and ``pool`` branches read the previous layer directly: their counts are
    influences.
2.  A channel ``o`` of the ``3x3`` or ``5x5`` branch depends on the previous layer's channel ``i`` only
    through its branch's bottlenecks ``b``:  I[o, i] = max over b of min(count(i -> b), count(b -> o)).
3.  Of these, ``o`` keeps its L largest. L is the floor of the mean number of previous channels over all
    ``1x1`` and ``pool`` channels of the layer that are not excluded, including those without any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from summit_graph.records import BOTTLENECK_BRANCHES, DIRECT_BRANCHES, Channel, Layer, previous_layer

Ints = npt.NDArray[np.int32]

INFLUENCES_SCHEMA = pa.schema(
    [
        ("layer", pa.string()),
        ("channel", pa.int32()),
        ("previous_layer", pa.string()),
        ("previous", pa.int32()),
        ("count", pa.int32()),
        ("via", pa.int32()),
    ]
)


class Influences(NamedTuple):
    """int32 arrays with one entry per pair of channels; ``via`` is -1 for direct influences."""

    channel: Ints
    previous: Ints
    counts: Ints
    via: Ints


class Hops(NamedTuple):
    """int32 arrays with one entry per hop: ``input`` is a top influence on ``output`` in that many images."""

    output: Ints
    input: Ints
    counts: Ints


NO_HOPS = Hops(*(np.zeros(0, np.int32) for _ in Hops._fields))
_Places = Mapping[tuple[str, str, str], Hops]  # by layer, branch, stage


def merge_hops(hops: pa.Table, *, layers: Sequence[Layer], excluded: Sequence[Channel]) -> pa.Table:
    """Influences of one class, all layers (paper 5.2).

    Args:
        hops: columns layer, branch, stage, output, input, count (SPEC 4, one class).
        layers: the network's layers in ascending order, with branch widths.
        excluded: non-semantic channels, which are not counted for L.

    Returns:
        A table of ``INFLUENCES_SCHEMA``, sorted by layer, channel, previous.
    """
    places = _by_place(hops)
    parts = [
        _influences_table(_merge_layer(places, layer, excluded), layer.name)
        for layer in layers
        if previous_layer(layer.name) is not None
    ]
    return pa.concat_tables([INFLUENCES_SCHEMA.empty_table(), *parts]).combine_chunks()


def merge_two_hops(reduce: Hops, expand: Hops, *, limit: int | None = None) -> Influences:
    """I[o, i] = max over b of min(count(i -> b), count(b -> o)); ``via`` is the lowest such b.

    Args:
        reduce: previous channel -> bottleneck (``output`` is the bottleneck).
        expand: bottleneck -> channel (``input`` is the bottleneck).
        limit: maximum number of influences per channel, the largest; ties go to the lower previous channel.

    Returns:
        The influences > 0, sorted by channel, then previous.
    """
    bits = _size(reduce.output).bit_length()
    best = _best_paths(reduce, expand, bits)
    if limit is not None:
        best *= _are_largest(best >> bits, limit)
    channel, previous = np.nonzero(best)
    found = best[channel, previous]
    via = (1 << bits) - 1 - (found & ((1 << bits) - 1))
    return Influences(*(column.astype(np.int32) for column in (channel, previous, found >> bits, via)))


def _best_paths(reduce: Hops, expand: Hops, bits: int) -> npt.NDArray[np.signedinteger]:
    """The best path from each previous channel to each channel, as one integer; 0 if there is none.

    The high bits are the count, the ``bits`` low bits the complement of the bottleneck: the maximum has the
    largest count and, among equal counts, the lowest bottleneck. Shape (channels, previous channels).
    """
    shape = _size(expand.output), _size(reduce.input)  # (channels, previous channels)
    largest = int(min(reduce.counts.max(initial=0), expand.counts.max(initial=0)))
    numbers = np.int32 if (largest + 1) << max(bits, shape[1].bit_length()) < 1 << 31 else np.int64
    bottlenecks = max(_size(reduce.output), _size(expand.input))
    into, out_of = np.zeros((bottlenecks, shape[1]), numbers), np.zeros((bottlenecks, shape[0]), numbers)
    into[reduce.output, reduce.input] = np.minimum(reduce.counts, largest)
    out_of[expand.input, expand.output] = np.minimum(expand.counts, largest)
    best = np.zeros(shape, numbers)
    for bottleneck in range(_size(reduce.output)):
        channels, previous = np.flatnonzero(out_of[bottleneck]), np.flatnonzero(into[bottleneck])
        paths = np.minimum.outer(out_of[bottleneck, channels], into[bottleneck, previous]) << bits
        block = np.ix_(channels, previous)
        best[block] = np.maximum(best[block], paths + ((1 << bits) - 1 - bottleneck))
    return best


def _are_largest(counts: npt.NDArray[np.signedinteger], limit: int) -> npt.NDArray[np.bool_]:
    """Which counts are among their row's ``limit`` largest, bool; ties go to the lower column."""
    columns = counts.shape[1]
    if limit == 0 or limit >= columns:
        return np.full(counts.shape, limit > 0)
    distinct = (counts << columns.bit_length()) - np.arange(columns, dtype=counts.dtype)
    least = np.partition(distinct, columns - limit, axis=1)[:, columns - limit, None]
    return distinct >= least


def _merge_layer(places: _Places, layer: Layer, excluded: Sequence[Channel]) -> Influences:
    def hops_of(branch: str, stage: str) -> Hops:
        return places.get((layer.name, branch, stage), NO_HOPS)

    direct = [hops_of(branch, "direct") for branch in DIRECT_BRANCHES]
    limit = sum(len(part.counts) for part in direct) // max(1, _direct_channels(layer, excluded))
    merged = [
        merge_two_hops(hops_of(branch, "reduce"), hops_of(branch, "expand"), limit=limit)
        for branch in BOTTLENECK_BRANCHES
    ]
    return _sorted([*(_direct(part) for part in direct), *merged])


def _direct_channels(layer: Layer, excluded: Sequence[Channel]) -> int:
    left_out = {channel.index for channel in excluded if channel.layer == layer.name}
    slices = [layer.slice_of(branch) for branch in DIRECT_BRANCHES]
    return sum(index not in left_out for part in slices for index in range(part.start, part.stop))


def _by_place(hops: pa.Table) -> _Places:
    """The hops of each convolution of the network, by layer, branch and stage."""
    codes, words = zip(*(_encoded(hops[name]) for name in ("layer", "branch", "stage")), strict=True)
    place = np.ravel_multi_index(codes, [max(1, len(one)) for one in words])
    order = np.argsort(place, kind="stable")
    found, starts = np.unique(place[order], return_index=True)
    columns = [hops[name].to_numpy().astype(np.int32)[order] for name in ("output", "input", "count")]
    parts = zip(*(np.split(column, starts[1:]) for column in columns), strict=True)
    names = zip(*np.unravel_index(found, [max(1, len(one)) for one in words]), strict=True)
    return {
        (words[0][layer], words[1][branch], words[2][stage]): Hops(*part)
        for (layer, branch, stage), part in zip(names, parts, strict=False)
    }


def _encoded(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    """A column of strings as int64 indices into the list of its distinct strings."""
    encoded = column.unify_dictionaries().combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def _direct(hops: Hops) -> Influences:
    return Influences(hops.output, hops.input, hops.counts, np.full(len(hops.counts), -1, np.int32))


def _size(index: Ints) -> int:
    return int(index.max()) + 1 if len(index) else 0


def _sorted(parts: Sequence[Influences]) -> Influences:
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0].astype(np.int64) << 32 | columns[1])
    return Influences(*(column[order] for column in columns))


def _influences_table(influences: Influences, layer: str) -> pa.Table:
    rows = len(influences.counts)
    return pa.table(
        {
            "layer": pa.repeat(layer, rows),
            "channel": influences.channel,
            "previous_layer": pa.repeat(previous_layer(layer), rows),
            "previous": influences.previous,
            "count": influences.counts,
            "via": pa.array(influences.via, mask=influences.via < 0),
        },
        schema=INFLUENCES_SCHEMA,
    )
