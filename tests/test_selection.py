"""Selection of an attribution graph's channels (paper 5.3), on hand-computed cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summit_graph.analysis.selection import FULL_THRESHOLD, RankedLayer, select_channels


def pairs(*rows: tuple[int, int]) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, 2)


def evenly(channels: int) -> np.ndarray:
    """Slightly decreasing scores with sum 1."""
    scores = 1 - np.arange(channels) * 1e-4
    return scores / scores.sum()


def test_selects_until_the_threshold_is_reached() -> None:
    """The channel that reaches the threshold is selected, the next one is not."""
    layer = RankedLayer(np.array([0.05, 0.03, 0.90, 0.02]))
    assert layer.top(15).tolist() == [2]
    assert layer.top(180).tolist() == [2]
    assert layer.top(190).tolist() == [0, 2]


def test_threshold_met_exactly_selects_no_more() -> None:
    """A cumulative share equal to the threshold is enough."""
    assert RankedLayer(np.array([0.5, 0.25, 0.25])).top(100).tolist() == [0]


def test_ties_go_to_the_lower_index() -> None:
    """Scores equal to nine significant digits are ties."""
    layer = RankedLayer(np.array([0.25, 0.25 * (1 + 1e-12), 0.25, 0.25]))
    assert layer.top(15).tolist() == [0]


def test_the_tenth_digit_does_not_break_a_tie_but_the_ninth_does() -> None:
    """0.250000001 is larger than 0.25, 0.25000000001 is not."""
    assert RankedLayer(np.array([0.25, 0.250000001])).top(15).tolist() == [1]
    assert RankedLayer(np.array([0.25, 0.25000000001])).top(15).tolist() == [0]


def test_channels_with_score_zero_are_never_selected() -> None:
    """At 100 % only channels with a score above 0 are selected."""
    assert RankedLayer(np.array([0.0, 0.7, 0.0, 0.3])).top(FULL_THRESHOLD).tolist() == [1, 3]


def test_a_layer_without_any_score_selects_nothing() -> None:
    """A dead layer selects nothing and cannot be raised."""
    layer = RankedLayer(np.zeros(3))
    assert layer.top(FULL_THRESHOLD).tolist() == []
    assert not layer.can_rise(15)


def test_connected_layers_have_the_first_threshold() -> None:
    """Without a failing pair every layer's threshold is 7.5 %."""
    selection = select_channels([evenly(4), evenly(4)], [pairs((0, 0))])
    assert selection is not None
    assert selection.thresholds == [15, 15]


def test_one_failing_pair_raises_both_its_layers() -> None:
    """200 equal channels: 7.5 % takes 15 of them, channel 15 needs 8 %."""
    scores = [np.ones(200), np.ones(200)]
    selection = select_channels(scores, [pairs((15, 15))])
    assert selection is not None
    assert selection.thresholds == [16, 16]
    assert selection.channels[0].tolist() == list(range(16))


def test_a_layer_between_two_failing_pairs_is_raised_twice() -> None:
    """The middle one of three layers is raised by 1 point per pass."""
    scores = [np.ones(200)] * 3
    selection = select_channels(scores, [pairs((16, 16)), pairs((16, 16))])
    assert selection is not None
    assert selection.thresholds == [17, 19, 17]


def test_a_connected_pair_is_no_longer_raised() -> None:
    """Only failing pairs raise their layers' thresholds."""
    scores = [np.ones(200)] * 3
    selection = select_channels(scores, [pairs((0, 0)), pairs((0, 18))])
    assert selection is not None
    assert selection.thresholds == [15, 19, 19]


def test_layers_without_influences_select_all_channels() -> None:
    """A pair without influences raises its layers until all channels are selected."""
    selection = select_channels([evenly(3), evenly(3)], [pairs()])
    assert selection is not None
    assert [part.tolist() for part in selection.channels] == [[0, 1, 2], [0, 1, 2]]


def test_exceeding_the_ceiling_returns_none() -> None:
    """A threshold above the ceiling needs more influences than were given."""
    scores = [np.ones(200)] * 2
    assert select_channels(scores, [pairs()], ceiling=20) is None


@example([1.0, 0.44697257267190726, 0.07911636034151727], 200)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(15, FULL_THRESHOLD))
def test_the_fewest_channels_reach_the_share(values: list[float], threshold: int) -> None:
    """One channel fewer would not reach the threshold."""
    scores = np.array(values)
    layer = RankedLayer(scores)
    taken = layer.taken(threshold)
    if not len(layer.order):
        assert taken == 0
        return
    wanted = layer.cumulated[-1] * threshold / FULL_THRESHOLD
    assert layer.cumulated[taken - 1] >= wanted or taken == len(layer.order)  # rounding at 100 %
    assert taken == 1 or layer.cumulated[taken - 2] < wanted


@pytest.mark.parametrize("raised", [(15, 15), (200, 200)])
def test_a_full_layer_cannot_be_raised(raised: tuple[int, int]) -> None:
    """A layer with one channel is full at any threshold."""
    layer = RankedLayer(np.array([1.0]))
    assert not layer.can_rise(raised[0])
