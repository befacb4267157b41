"""From counts of single convolutions to influences between channels (paper 5.2).

1.  The channels of the ``1x1`` and ``pool`` branches read the previous layer themselves: their counts are
    influences already.
2.  A channel ``o`` of the ``3x3`` or ``5x5`` branch sees the previous layer's channel ``i`` only through its
    branch's bottlenecks ``b``:  I[o, i] = max over b of min(count(i -> b), count(b -> o)).
3.  Of these, ``o`` keeps its L largest, L being the floor of the mean number of previous channels over all
    ``1x1`` and ``pool`` channels of the layer that are not excluded, those without any included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
    """Parallel int32 arrays, one entry per pair of channels; ``via`` is -1 for direct influences."""

    channel: Ints
    previous: Ints
    counts: Ints
    via: Ints


class Hops(NamedTuple):
    """Parallel int32 arrays: ``input`` is a top influence on ``output`` in ``count`` images."""

    output: Ints
    input: Ints
    counts: Ints


def merge_hops(hops: pa.Table, *, layers: Sequence[Layer], excluded: Sequence[Channel]) -> pa.Table:
    """Influences of one class, all layers (paper 5.2).

    Args:
        hops: columns layer, branch, stage, output, input, count (SPEC 4, one class).
        layers: the network's layers in ascending order, with branch widths.
        excluded: non-semantic channels, which do not count for L.

    Returns:
        A table of ``INFLUENCES_SCHEMA``, sorted by layer, channel, previous.
    """
    parts = [
        _influences_table(_merge_layer(hops, layer, excluded), layer.name)
        for layer in layers
        if previous_layer(layer.name) is not None
    ]
    return pa.concat_tables([INFLUENCES_SCHEMA.empty_table(), *parts]).combine_chunks()


def merge_two_hops(reduce: Hops, expand: Hops) -> Influences:
    """I[o, i] = max over b of min(count(i -> b), count(b -> o)); ``via`` is the lowest b that attains it.

    Args:
        reduce: previous channel -> bottleneck (``output`` is the bottleneck).
        expand: bottleneck -> channel (``input`` is the bottleneck).
    """
    best = np.zeros((_size(expand.output), _size(reduce.input)), np.int32)
    via = np.full(best.shape, -1, np.int32)
    for bottleneck, into, out_of in _by_bottleneck(reduce, expand):
        block = np.ix_(out_of.output, into.input)
        candidate = np.minimum(out_of.counts[:, None], into.counts[None, :])
        better = candidate > best[block]
        best[block] = np.where(better, candidate, best[block])
        via[block] = np.where(better, bottleneck, via[block])
    channel, previous = (index.astype(np.int32) for index in np.nonzero(best))
    return Influences(channel, previous, best[channel, previous], via[channel, previous])


def keep_largest(influences: Influences, limit: int) -> Influences:
    """For each channel its ``limit`` largest influences; ties go to the lower previous channel."""
    order = np.lexsort((influences.previous, -influences.counts, influences.channel))
    channel = influences.channel[order]
    rank = np.arange(len(order)) - np.searchsorted(channel, channel, side="left")
    return Influences(*(column[order[rank < limit]] for column in influences))


def _merge_layer(hops: pa.Table, layer: Layer, excluded: Sequence[Channel]) -> Influences:
    rows = hops.filter(pc.equal(hops["layer"], layer.name))
    direct = [_hops_of(rows, branch, "direct") for branch in DIRECT_BRANCHES]
    limit = sum(len(part.counts) for part in direct) // max(1, _direct_channels(layer, excluded))
    merged = [
        keep_largest(
            merge_two_hops(_hops_of(rows, branch, "reduce"), _hops_of(rows, branch, "expand")), limit
        )
        for branch in BOTTLENECK_BRANCHES
    ]
    return _sorted([*(_direct(part) for part in direct), *merged])


def _direct_channels(layer: Layer, excluded: Sequence[Channel]) -> int:
    left_out = {channel.index for channel in excluded if channel.layer == layer.name}
    slices = [layer.slice_of(branch) for branch in DIRECT_BRANCHES]
    return sum(index not in left_out for part in slices for index in range(part.start, part.stop))


def _hops_of(rows: pa.Table, branch: str, stage: str) -> Hops:
    chosen = rows.filter(pc.and_(pc.equal(rows["branch"], branch), pc.equal(rows["stage"], stage)))
    return Hops(*(chosen[name].to_numpy().astype(np.int32) for name in ("output", "input", "count")))


def _direct(hops: Hops) -> Influences:
    return Influences(hops.output, hops.input, hops.counts, np.full(len(hops.counts), -1, np.int32))


def _size(index: Ints) -> int:
    return int(index.max()) + 1 if len(index) else 0


def _by_bottleneck(reduce: Hops, expand: Hops) -> Iterator[tuple[int, Hops, Hops]]:
    """Each bottleneck that has hops on both sides, ascending, with the hops into and out of it."""
    into = _grouped(reduce, reduce.output)
    out_of = _grouped(expand, expand.input)
    for bottleneck in sorted(into.keys() & out_of.keys()):
        yield bottleneck, into[bottleneck], out_of[bottleneck]


def _grouped(hops: Hops, key: Ints) -> dict[int, Hops]:
    order = np.argsort(key, kind="stable")
    names, starts = np.unique(key[order], return_index=True)
    groups = np.split(order, starts[1:])
    return {int(name): Hops(*(c[g] for c in hops)) for name, g in zip(names, groups, strict=False)}


def _sorted(parts: Sequence[Influences]) -> Influences:
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
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
