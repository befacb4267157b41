"""Merging hops into influences (paper 5.2), on hand-computed cases and against all paths enumerated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from summit_graph.counts.manifest import HOPS_SCHEMA
from summit_graph.counts.merging import merge_hops
from summit_graph.records import Channel, CountedStop, Layer, Parameters, Reads
from tests.count_tables import SMALL_LAYERS, SMALL_STOPS, Hop, hops_table


def influences_of(hops: list[Hop], *excluded: Channel) -> list[tuple[int, int, int, int | None]]:
    parameters = Parameters(excluded=excluded)
    table = merge_hops(hops_table(hops), layers=SMALL_LAYERS, stops=SMALL_STOPS, parameters=parameters)
    return list(
        zip(*(table[name].to_pylist() for name in ("channel", "previous", "count", "via")), strict=True)
    )


def direct(output: int, input: int, count: int) -> Hop:
    return ("mixed3b", "1x1" if output < 2 else "pool", "direct", output, input, count)


def reduce(bottleneck: int, input: int, count: int) -> Hop:
    return ("mixed3b", "3x3", "reduce", bottleneck, input, count)


def expand(output: int, bottleneck: int, count: int) -> Hop:
    return ("mixed3b", "3x3", "expand", output, bottleneck, count)


#: Four direct channels with one influence each, so that L is 1.
ONE_EACH = [direct(0, 0, 9), direct(1, 0, 9), direct(6, 0, 9), direct(7, 0, 9)]


def test_direct_influences_are_the_counts() -> None:
    """A 1x1 or pool channel's counts are its influences, without via."""
    assert influences_of(ONE_EACH) == [(0, 0, 9, None), (1, 0, 9, None), (6, 0, 9, None), (7, 0, 9, None)]


def test_an_influence_through_a_bottleneck_is_the_smaller_count() -> None:
    """min(7, 5) = 5."""
    assert (2, 3, 5, 0) in influences_of([*ONE_EACH, reduce(0, 3, 7), expand(2, 0, 5)])


def test_the_bottleneck_with_the_largest_influence_is_used() -> None:
    """max(min(7, 5), min(6, 8)) = 6 through bottleneck 1."""
    hops = [*ONE_EACH, reduce(0, 3, 7), reduce(1, 3, 6), expand(2, 0, 5), expand(2, 1, 8)]
    assert (2, 3, 6, 1) in influences_of(hops)


def test_a_tie_between_bottlenecks_goes_to_the_lowest() -> None:
    """Bottlenecks 1 and 2 both give 4."""
    hops = [*ONE_EACH, reduce(1, 3, 4), reduce(2, 3, 9), expand(2, 1, 9), expand(2, 2, 4)]
    assert (2, 3, 4, 1) in influences_of(hops)


def test_a_bottleneck_with_one_hop_gives_no_influence() -> None:
    """Both hops must be positive."""
    assert len(influences_of([*ONE_EACH, reduce(0, 3, 7), expand(2, 1, 5)])) == 4


def test_only_the_l_largest_are_kept() -> None:
    """L is 1: of 5 and 6 only 6 is kept."""
    hops = [*ONE_EACH, reduce(0, 3, 5), reduce(0, 4, 6), expand(2, 0, 9)]
    assert [row for row in influences_of(hops) if row[0] == 2] == [(2, 4, 6, 0)]


def test_ties_go_to_the_lower_previous_channel() -> None:
    """Channels 3 and 4 tie at 5."""
    hops = [*ONE_EACH, reduce(0, 4, 5), reduce(0, 3, 5), expand(2, 0, 9)]
    assert [row for row in influences_of(hops) if row[0] == 2] == [(2, 3, 5, 0)]


def test_l_includes_direct_channels_without_influences() -> None:
    """Seven influences on four direct channels, two of them without any: floor(7 / 4) = 1."""
    hops = [direct(0, i, 9) for i in range(4)] + [direct(6, i, 9) for i in range(3)]
    hops += [reduce(0, 3, 5), reduce(0, 4, 6), expand(2, 0, 9)]
    assert [row for row in influences_of(hops) if row[0] == 2] == [(2, 4, 6, 0)]


def test_l_can_be_zero() -> None:
    """Three influences on four direct channels: floor(3 / 4) = 0, so nothing is kept."""
    hops = [*ONE_EACH[:3], reduce(0, 3, 5), expand(2, 0, 9)]
    assert [row for row in influences_of(hops) if row[0] == 2] == []


def test_l_ignores_excluded_direct_channels() -> None:
    """Six influences on three channels that are not excluded: L is 2."""
    hops = [direct(output, i, 9) for output in (0, 1, 6) for i in range(2)]
    hops += [reduce(0, i, 5 + i) for i in range(3)] + [expand(2, 0, 9)]
    kept = [row for row in influences_of(hops, Channel("mixed3b", 7)) if row[0] == 2]
    assert kept == [(2, 1, 6, 0), (2, 2, 7, 0)]


def test_the_first_layer_has_no_influences() -> None:
    """mixed3a has no previous mixed layer."""
    assert influences_of([]) == []


def test_the_table_is_sorted_by_layer_channel_previous() -> None:
    """Rows are sorted by their key."""
    rows = influences_of([direct(1, 5, 1), direct(1, 2, 3), direct(0, 7, 2)])
    assert [row[:2] for row in rows] == [(0, 7), (1, 2), (1, 5)]


LOWER, UPPER = "below", "above"
#: stop, source, skip, output, input, count
Row = tuple[str, str, bool, int, int, int]


@dataclass(frozen=True)
class Case:
    """Two layers with the stops between them, and the hops of a class."""

    layers: tuple[Layer, ...]
    stops: tuple[CountedStop, ...]
    hops: list[Row]
    parameters: Parameters

    def merged(self) -> list[tuple]:
        columns: list[Any] = list(zip(*((UPPER, *row) for row in sorted(self.hops)), strict=True))
        table = pa.table(columns or [[]] * len(HOPS_SCHEMA), schema=HOPS_SCHEMA)
        found = merge_hops(table, layers=self.layers, stops=self.stops, parameters=self.parameters)
        names = ("channel", "previous", "count", "via_stop", "via", "skip")
        return [tuple(row[name] for name in names) for row in found.to_pylist()]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Inner stops that read the layer below and each other, sometimes as identities."""
    widths = {LOWER: draw(st.integers(1, 4))}
    stops: list[CountedStop] = []
    for name in [*draw(st.lists(st.sampled_from(["c", "a", "b"]), unique=True)), UPPER]:
        channels = draw(st.integers(1, 4))
        reads = [
            Reads(
                (tuple(sorted(draw(st.tuples(*[st.integers(0, channels)] * 2)))),),
                source,
                draw(st.booleans()),
            )
            for source in draw(st.lists(st.sampled_from(list(widths)), max_size=4))
        ]
        stops.append(CountedStop(name, UPPER, channels, tuple(reads)))
        widths[name] = channels
    places = {
        (stop.name, reads.source, reads.skip, output, given)
        for stop in stops
        for reads in stop.reads
        for output in range(*reads.channels[0])
        for given in range(widths[reads.source])
    }
    hops = [(*place, draw(st.integers(0, 3))) for place in sorted(places)]
    excluded = draw(st.lists(st.integers(0, widths[UPPER] - 1), max_size=2))
    return Case(
        layers=(Layer(LOWER, widths[LOWER], position=0), Layer(UPPER, widths[UPPER], position=1)),
        stops=tuple(stops),
        hops=[hop for hop in hops if hop[-1] and not (hop[0] == UPPER and hop[3] in excluded)],
        parameters=Parameters(
            top_influences=draw(st.integers(1, 3)),
            excluded=tuple(Channel(UPPER, index) for index in excluded),
        ),
    )


def naive_paths(case: Case, stop: str, output: int) -> Iterator[tuple[int, int, tuple[str, int], bool]]:
    """Every path to a channel: start, count, the channel before it, and whether it is a skip."""
    for of, source, skip, to, at, count in case.hops:
        if (of, to) == (stop, output):
            if source == LOWER:
                yield at, count, (LOWER, at), skip
            else:
                for start, before, _, _ in naive_paths(case, source, at):
                    yield start, min(count, before), (source, at), False


def naive_limit(case: Case) -> int:
    """The floor of the mean number of counted inputs of the channels that have a say."""
    excluded = case.parameters.excluded_in(UPPER)
    terms: dict[int, list[Reads]] = {
        channel: [reads for reads in case.stops[-1].reads if channel in range(*reads.channels[0])]
        for channel in range(case.layers[1].channels)
        if channel not in excluded
    }
    mixing = [channel for channel, reads in terms.items() if not all(one.skip for one in reads)]
    alone = [channel for channel in mixing if all(one.source == LOWER for one in terms[channel])]
    if not mixing:
        return case.parameters.top_influences
    inputs = {(to, source, at) for of, source, _, to, at, _ in case.hops if of == UPPER}
    averaged = alone or mixing
    return sum(to in averaged for to, _, _ in inputs) // len(averaged)


def naive_influences(case: Case) -> list[tuple]:
    """All paths enumerated, pair by pair."""
    order = [stop.name for stop in case.stops]
    rows: list[tuple] = []
    for channel in range(case.layers[1].channels):
        longer_pairs = []
        for previous in range(case.layers[0].channels):
            paths = [path for path in naive_paths(case, UPPER, channel) if path[0] == previous]
            direct = [(count, skip) for _, count, (stop, _), skip in paths if stop == LOWER]
            longer = [(-count, order.index(stop), at) for _, count, (stop, at), _ in paths if stop != LOWER]
            if direct and (not longer or max(direct)[0] >= -min(longer)[0]):
                count, skip = max(direct)
                rows.append((channel, previous, count, None, None, skip))
            elif longer:
                count, stop, at = min(longer)
                longer_pairs.append((channel, previous, -count, order[stop], at, False))
        rows += sorted(longer_pairs, key=lambda row: (-row[2], row[1]))[: naive_limit(case)]
    return sorted(rows, key=lambda row: row[:2])


@given(cases())
def test_equals_all_paths_enumerated(case: Case) -> None:
    """SPEC 3 by enumeration, on random stops, identities and ties."""
    assert case.merged() == naive_influences(case)
