"""From counts of single hops to influences between neighbouring layers (paper 5.2; SPEC 3).

Between a layer and the layer before it are inner stops. A path goes from a channel i of the layer before
over channels of inner stops to a channel o of the layer.

1.  A path's count is the smallest of its hops' counts; I[o, i] is the largest over all paths.
2.  A pair is direct if there is a hop from i to o and its count is not below that of the best longer path. It
    is a skip if that hop is an identity. Other pairs name the inner channel nearest to o on their best path.
3.  Of the pairs that are not direct, o keeps the limit largest. The limit is the floor of the mean number of
    counted inputs over the channels that only read the layer before; without any, over all channels.

In InceptionV1 the channels of the 1x1 and pool branches only read the layer before; every path to a channel
of the 3x3 or 5x5 branch goes through one of its branch's bottlenecks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from summit_graph.records import CountedStop, Layer, Parameters

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.signedinteger]

INFLUENCES_SCHEMA = pa.schema(
    [
        ("layer", pa.string()),
        ("channel", pa.int32()),
        ("previous_layer", pa.string()),
        ("previous", pa.int32()),
        ("count", pa.int32()),
        ("via", pa.int32()),
        ("via_stop", pa.string()),
        ("skip", pa.bool_()),
    ]
)


class Hops(NamedTuple):
    """One entry per hop: ``input`` is a top influence on ``output`` in ``counts`` images."""

    output: Ints
    input: Ints
    counts: Ints
    skip: Flags


class Pairs(NamedTuple):
    """One entry per influence; ``via`` is -1 for direct ones."""

    channel: Ints
    previous: Ints
    counts: Ints
    via: Ints
    skip: Flags


@dataclass(frozen=True)
class Between:
    """The stops between two neighbouring layers.

    Attributes:
        lower, layer: the layers' names.
        width: number of channels of the lower layer.
        own: the layer's own sums.
        inner: the stops between the two, in program order.
    """

    lower: str
    layer: str
    width: int
    own: CountedStop
    inner: tuple[CountedStop, ...]

    @cached_property
    def starts(self) -> dict[str, int]:
        """The number of each inner stop's channel 0 when their channels are numbered together."""
        sums = accumulate((stop.channels for stop in self.inner), initial=0)
        return {stop.name: start for stop, start in zip(self.inner, sums, strict=False)}

    @property
    def channels(self) -> int:
        """Number of channels of the inner stops."""
        return sum(stop.channels for stop in self.inner)


_Places = Mapping[tuple[str, str, str, bool], Hops]  # by layer, stop, source, skip


def merge_hops(
    hops: pa.Table, *, layers: Sequence[Layer], stops: Sequence[CountedStop], parameters: Parameters
) -> pa.Table:
    """Influences of one class, all layers (paper 5.2).

    Args:
        hops: columns layer, stop, source, skip, output, input, count (SPEC 4, one class).
        layers: the network's layers in order.
        stops: what the channels between them read, in program order.
        parameters: the excluded channels and the number of top influences.

    Returns:
        A table of ``INFLUENCES_SCHEMA``, sorted by layer, channel, previous.
    """
    places = _by_place(hops)
    merged = [
        _influences_table(_merge_layer(places, between, parameters), between)
        for between in sorted(pairs_of_layers(layers, stops), key=lambda one: one.layer)
    ]
    return pa.concat_tables([INFLUENCES_SCHEMA.empty_table(), *merged]).combine_chunks()


def pairs_of_layers(layers: Sequence[Layer], stops: Sequence[CountedStop]) -> Iterator[Between]:
    """Every two neighbouring layers whose stops are known, from the lowest up."""
    for lower, layer in pairwise(layers):
        here = [stop for stop in stops if stop.layer == layer.name]
        inner = tuple(stop for stop in here if stop.name != layer.name)
        for own in (stop for stop in here if stop.name == layer.name):
            yield Between(lower.name, layer.name, lower.channels, own, inner)


def _merge_layer(places: _Places, between: Between, parameters: Parameters) -> Pairs:
    direct = _hops_into(between.own, {between.lower: 0}, places)
    longer = _hops_into(between.own, between.starts, places)
    limit = _limit(between, np.concatenate([direct.output, longer.output]), parameters)
    best, bits = _best_paths(longer, _inner_paths(places, between), between.own.channels)
    direct = _where(direct.counts >= best[direct.output, direct.input] >> bits, direct)
    best[direct.output, direct.input] = 0
    return _sorted(_direct_pairs(direct), _longer_pairs(best, np.unique(longer.output), bits, limit))


def _inner_paths(places: _Places, between: Between) -> Matrix:
    """The largest count of a path from each lower channel to each inner one, (inner channels, width)."""
    paths = np.zeros((between.channels, between.width), np.int32)
    for stop in between.inner:
        start = between.starts[stop.name]
        direct = _hops_into(stop, {between.lower: 0}, places)
        paths[start + direct.output, direct.input] = direct.counts
        longer = _hops_into(stop, between.starts, places)
        if len(longer.output):
            best, bits = _best_paths(longer, paths, stop.channels)
            rows = paths[start : start + stop.channels]
            np.maximum(rows, best >> bits, out=rows)
    return paths


def _best_paths(hops: Hops, paths: Matrix, channels: int) -> tuple[Matrix, int]:
    """The best path from each lower channel over these hops, as one integer; its number of low bits.

    The high bits are the count, the low bits the complement of the inner channel that the last hop starts
    from: the maximum has the largest count and, among equal counts, the lowest channel.

    Args:
        hops: from inner channels, numbered as the rows of ``paths``.
        paths: (inner channels, width), the counts of the paths to these.
        channels: number of channels that the hops end in.

    Returns:
        (channels, width); the count is 0 where there is no path.
    """
    inner, width = paths.shape
    bits = inner.bit_length()
    largest = int(hops.counts.max(initial=0))
    numbers = np.int32 if (largest + 1) << max(bits, width.bit_length()) < 1 << 31 else np.int64
    best = np.zeros((channels, width), numbers)
    for number, outputs, counts in _by_input(hops):
        low = (1 << bits) - 1 - number
        reached = np.flatnonzero(paths[number])
        block: Any = np.ix_(outputs, reached)
        if 2 * len(reached) > width:  # copying entire rows is faster than selecting columns
            reached, block = np.arange(width), outputs
        last = counts.astype(numbers) << bits | low
        before = paths[number, reached].astype(numbers) << bits | low
        best[block] = np.maximum(best[block], np.minimum.outer(last, before))
    return best, bits


def _by_input(hops: Hops) -> Iterator[tuple[int, Ints, Ints]]:
    """Each input, ascending, with its outputs and counts."""
    order = np.argsort(hops.input, kind="stable")
    inputs, starts = np.unique(hops.input[order], return_index=True)
    outputs, counts = (np.split(column[order], starts[1:]) for column in (hops.output, hops.counts))
    yield from zip(inputs.tolist(), outputs, counts, strict=False)  # no input: one empty part


def _longer_pairs(best: Matrix, rows: Ints, bits: int, limit: int) -> Pairs:
    """The ``limit`` largest of each row's paths."""
    found = best[rows]
    counts = found >> bits
    counts *= _are_largest(counts, limit)
    at, previous = np.nonzero(counts)
    via = (1 << bits) - 1 - (found[at, previous] & ((1 << bits) - 1))
    return Pairs(rows[at], previous, counts[at, previous], via, np.zeros(len(at), bool))


def _are_largest(counts: Matrix, limit: int) -> Flags:
    """Which counts are the ``limit`` largest of their row; ties go to the lower column."""
    columns = counts.shape[1]
    if limit == 0 or limit >= columns:
        return np.full(counts.shape, limit > 0)
    distinct = (counts << columns.bit_length()) - np.arange(columns, dtype=counts.dtype)
    least = np.partition(distinct, columns - limit, axis=1)[:, columns - limit, None]
    largest: Flags = distinct >= least
    return largest


def _limit(between: Between, outputs: Ints, parameters: Parameters) -> int:
    """How many pairs that are not direct each channel keeps.

    Args:
        outputs: the channel of each counted input, every source and channel once.
    """
    own = between.own
    alone, mixing = np.ones(own.channels, bool), np.zeros(own.channels, bool)
    for reads in own.reads:
        for first, end in reads.channels:
            alone[first:end] &= reads.source == between.lower
            mixing[first:end] |= not reads.skip
    mixing[parameters.excluded_in(between.layer)] = False
    averaged = mixing & alone if (mixing & alone).any() else mixing
    if not averaged.any():
        return parameters.top_influences
    return int(averaged[outputs].sum() // averaged.sum())


def _hops_into(stop: CountedStop, sources: Mapping[str, int], places: _Places) -> Hops:
    """The hops into a stop from these sources, whose channels are numbered from the given numbers on."""
    parts = []
    for source, start in sources.items():
        found = [places.get((stop.layer, stop.name, source, skip), _NO_HOPS) for skip in (False, True)]
        hops = _larger(*found)
        parts.append(hops._replace(input=hops.input + start))
    return Hops(*(np.concatenate(column) for column in zip(_NO_HOPS, *parts, strict=True)))


def _larger(mixed: Hops, skips: Hops) -> Hops:
    """Every pair once, with the larger of its counts; a tie goes to the skip."""
    if not len(skips.output) or not len(mixed.output):
        return skips if len(skips.output) else mixed
    both = Hops(*(np.concatenate(column) for column in zip(skips, mixed, strict=True)))
    order = np.lexsort((~both.skip, -both.counts, both.input, both.output))
    output, input_ = both.output[order], both.input[order]
    is_first = np.append(True, (output[1:] != output[:-1]) | (input_[1:] != input_[:-1]))
    return _where(order[is_first], both)


def _direct_pairs(hops: Hops) -> Pairs:
    return Pairs(hops.output, hops.input, hops.counts, np.full(len(hops.counts), -1), hops.skip)


def _where(these: Flags | Ints, hops: Hops) -> Hops:
    return Hops(hops.output[these], hops.input[these], hops.counts[these], hops.skip[these])


def _sorted(*parts: Pairs) -> Pairs:
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0].astype(np.int64) << 32 | columns[1])
    return Pairs(*(column[order] for column in columns))


def _by_place(hops: pa.Table) -> _Places:
    """The hops of each stop from each of its sources, identities separately."""
    codes, words = zip(*(encoded_words(hops[name]) for name in ("layer", "stop", "source")), strict=True)
    skip = hops["skip"].to_numpy()
    shape = [*map(len, words), 2]
    place = np.ravel_multi_index((*codes, skip.astype(np.int64)), shape)
    order = np.argsort(place, kind="stable")
    found, starts = np.unique(place[order], return_index=True)
    numbers = [hops[name].to_numpy().astype(np.int64)[order] for name in ("output", "input", "count")]
    parts = zip(*(np.split(column, starts[1:]) for column in (*numbers, skip[order])), strict=True)
    names = zip(*np.unravel_index(found, shape), strict=True)
    return {
        (words[0][layer], words[1][stop], words[2][source], bool(is_skip)): Hops(*part)
        for (layer, stop, source, is_skip), part in zip(names, parts, strict=False)
    }


def encoded_words(column: pa.ChunkedArray) -> tuple[Ints, list[Any]]:
    """A column of strings as int64 indices into the list of its distinct strings and, last, None."""
    encoded = column.unify_dictionaries().combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    return encoded.indices.fill_null(len(words)).to_numpy().astype(np.int64), [*words, None]


def _influences_table(pairs: Pairs, between: Between) -> pa.Table:
    rows = len(pairs.counts)
    is_direct = pairs.via < 0
    starts = np.array([*between.starts.values(), 0])
    stop = np.searchsorted(starts[:-1], pairs.via, side="right") - 1
    names = pa.array([one.name for one in between.inner], pa.string())
    return pa.table(
        {
            "layer": pa.repeat(between.layer, rows),
            "channel": pairs.channel,
            "previous_layer": pa.repeat(between.lower, rows),
            "previous": pairs.previous,
            "count": pairs.counts,
            "via": pa.array(pairs.via - starts[stop], mask=is_direct),
            "via_stop": names.take(pa.array(stop, mask=is_direct)),
            "skip": pairs.skip,
        },
        schema=INFLUENCES_SCHEMA,
    )


_NO_HOPS = Hops(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
