"""The order of the channels within their layers."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from summit_graph.analysis.row_order import order_rows
from summit_graph.records import Channel

Influences = list[tuple[Channel, Channel, int]]
LOWER = [Channel("mixed4a", index) for index in (7, 8, 9)]
UPPER = [Channel("mixed4b", index) for index in (1, 2, 3)]


def crossings(rows: dict[str, list[Channel]], influences: Influences) -> int:
    """Number of crossing pairs of influences between the same two rows."""
    place = {channel: at for row in rows.values() for at, channel in enumerate(row)}
    ends = [(place[lower], place[upper]) for lower, upper, _ in influences]
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0 for one, other in combinations(ends, 2)
    )  # fmt: skip


def test_channels_are_ordered_to_avoid_crossings() -> None:
    """Three crossing influences are placed side by side."""
    influences = [(lower, upper, 50) for lower, upper in zip(LOWER, reversed(UPPER), strict=True)]
    assert crossings({"mixed4a": LOWER, "mixed4b": UPPER}, influences) == 3
    assert crossings(order_rows([*LOWER, *UPPER], influences), influences) == 0


def test_a_channel_stays_near_its_strongest_influence() -> None:
    """The mean of its neighbours' positions is weighted by the counts."""
    one, other = Channel("mixed4b", 5), Channel("mixed4b", 4)
    influences = [(LOWER[0], one, 90), (LOWER[2], one, 10), (LOWER[0], other, 10), (LOWER[2], other, 90)]
    assert order_rows([*LOWER, one, other], influences)["mixed4b"] == [one, other]


def test_channels_without_influences_keep_their_order() -> None:
    """The order of layers does not change either."""
    rows = order_rows([*LOWER, *UPPER], [])
    assert list(rows.items()) == [("mixed4a", LOWER), ("mixed4b", UPPER)]


@given(st.sets(st.tuples(st.sampled_from(LOWER), st.sampled_from(UPPER), st.integers(1, 100))))
def test_no_channel_is_lost(influences: set[tuple[Channel, Channel, int]]) -> None:
    """Each layer contains each of its channels once."""
    rows = order_rows([*LOWER, *UPPER], influences)
    assert {layer: sorted(row, key=lambda one: one.index) for layer, row in rows.items()} == {
        "mixed4a": LOWER,
        "mixed4b": UPPER,
    }
