"""Merging two hops into influences (paper 5.2), on hand-computed cases."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from summit_graph.counts.two_hops import Hops, merge_hops, merge_two_hops
from summit_graph.records import Channel
from tests.count_tables import SMALL_LAYERS, Hop, hops_table


def influences_of(hops: list[Hop], *excluded: Channel) -> list[tuple[int, int, int, int | None]]:
    table = merge_hops(hops_table(hops), layers=SMALL_LAYERS, excluded=excluded)
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


counts = st.lists(st.integers(0, 5), min_size=12, max_size=12)


@given(counts, counts)
def test_equals_the_definition(into: list[int], out_of: list[int]) -> None:
    """I[o, i] = max over b of min(count(i -> b), count(b -> o)), on dense 3 x 4 matrices."""
    reduced, expanded = np.array(into).reshape(3, 4), np.array(out_of).reshape(4, 3)
    found = np.zeros((4, 4), int)
    via = np.full((4, 4), -1)
    merged = merge_two_hops(_hops(reduced), _hops(expanded))
    found[merged.channel, merged.previous] = merged.counts
    via[merged.channel, merged.previous] = merged.via
    weakest = np.minimum(expanded[:, :, None], reduced[None, :, :])  # (o, b, i)
    assert (found == weakest.max(axis=1)).all()
    assert (via == np.where(weakest.max(axis=1) > 0, weakest.argmax(axis=1), -1)).all()


def _hops(matrix: np.ndarray) -> Hops:
    output, input_ = (index.astype(np.int32) for index in np.nonzero(matrix))
    return Hops(output, input_, matrix[output, input_].astype(np.int32))
