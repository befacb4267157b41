"""Runs of skips: one channel through several layers, and the columns that they take."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from summit_graph.analysis.row_order import order_rows, place_columns
from summit_graph.analysis.runs import Run, find_runs
from summit_graph.records import Channel

LAYERS = ("stem", "layer1.0", "layer1.1", "layer1.2")
Skip = tuple[Channel, Channel, int]


def skips_of(*channels: tuple[str, int], count: int = 5) -> list[Skip]:
    """Skips along these channels."""
    return [(Channel(*one), Channel(*other), count) for one, other in itertools.pairwise(channels)]


def texts(runs: Sequence[Run]) -> list[list[str]]:
    return [[str(channel) for channel in run] for run in runs]


def test_skips_in_a_row_are_one_run() -> None:
    """From the lowest layer up, whatever the order of the skips; a single skip is a run too."""
    skips = skips_of(("stem", 3), ("layer1.0", 3), ("layer1.1", 3)) + skips_of(
        ("layer1.1", 0), ("layer1.2", 0)
    )
    expected = [["layer1.1/0", "layer1.2/0"], ["stem/3", "layer1.0/3", "layer1.1/3"]]
    assert sorted(texts(find_runs(skips))) == expected
    assert sorted(texts(find_runs(reversed(skips)))) == expected


def test_a_channel_that_is_moved_stays_in_its_run() -> None:
    """Padding with empty channels gives it another number."""
    assert texts(find_runs(skips_of(("stem", 3), ("layer1.0", 11), ("layer1.1", 11)))) == [
        ["stem/3", "layer1.0/11", "layer1.1/11"]
    ]


def test_of_two_skips_on_one_channel_the_larger_count_is_in_the_run() -> None:
    """A channel has at most one other below it and one above it (kind: a run that is a tree)."""
    weak = skips_of(("stem", 1), ("layer1.0", 3), count=2)
    strong = skips_of(("stem", 3), ("layer1.0", 3), count=9)
    assert texts(find_runs(weak + strong)) == [["stem/3", "layer1.0/3"]]


CHANNELS = [Channel(layer, index) for layer in LAYERS for index in range(5)]
PAIRS = [
    (lower, upper)
    for lower, upper in itertools.product(CHANNELS, CHANNELS)
    if LAYERS.index(upper.layer) - LAYERS.index(lower.layer) == 1
]
INFLUENCES = st.dictionaries(st.sampled_from(PAIRS), st.integers(1, 9)).map(
    lambda counts: [(lower, upper, count) for (lower, upper), count in counts.items()]
)


@given(INFLUENCES, INFLUENCES)
def test_runs_are_columns_and_nothing_overlaps(skips: list[Skip], others: list[Skip]) -> None:
    """Whatever the influences: the channels of a run are above each other, those of a row apart."""
    runs = find_runs(skips)
    assert len(set(itertools.chain(*runs))) == sum(map(len, runs))
    rows = order_rows(CHANNELS, skips + others, runs)
    across = place_columns(rows.values(), runs, distance=10)
    assert all(len({across[channel] for channel in run}) == 1 for run in runs)
    for row in rows.values():
        assert all(across[right] - across[left] >= 10 for left, right in itertools.pairwise(row))


@given(INFLUENCES)
def test_without_runs_every_row_is_centred(influences: list[Skip]) -> None:
    """Side by side with the same distance."""
    for row in order_rows(CHANNELS, influences).values():
        assert list(place_columns([row], [], distance=10).values()) == [-20, -10, 0, 10, 20]


SIDES = st.fixed_dictionaries({channel: st.sampled_from((0.0, 0.5, 1.0)) for channel in CHANNELS})


@given(INFLUENCES, INFLUENCES, SIDES)
def test_runs_and_channels_are_sorted_by_their_sides(
    skips: list[Skip], others: list[Skip], sides: dict[Channel, float]
) -> None:
    """In a comparison, smaller sides are left; a run has one side and stays a column."""
    runs = find_runs(skips)
    columns = {channel: run for run in runs for channel in run}
    rows = order_rows(CHANNELS, skips + others, runs, sides=sides)
    for row in rows.values():
        found = [fmean(sides[one] for one in columns.get(channel, (channel,))) for channel in row]
        assert found == sorted(found)
    across = place_columns(rows.values(), runs, distance=10)
    assert all(len({across[channel] for channel in run}) == 1 for run in runs)
