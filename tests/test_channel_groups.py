"""Groups of channels of one layer, with numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from summit_graph.analysis.channel_groups import (
    FEWEST_IMAGES,
    find_louvain,
    make_groups,
    make_redundancies,
    similar_pairs,
    similarities,
)
from summit_graph.records import Channel, ChannelLabel
from summit_graph.views.channel_groups import name_of_labels

MANY = np.full(9, 100)


def test_similarity_by_hand():
    """The geometric mean of the correlation and overlap of rates, and of the correlation of inputs."""
    rates = np.array([[0.2, 0.4, 0.0], [0.0, 0.0, 0.6]])
    without = similarities(rates, None, MANY[:3])
    assert without[0, 1] == pytest.approx((1 * 0.2 / 0.4) ** (1 / 2))  # proportional rates, half as often
    assert without[0, 2] == 0  # other classes: a negative correlation counts as none
    inputs = np.array([[2.0, 0, 1], [2, 1, 0], [2, 0, 1]])
    both = similarities(rates, inputs, MANY[:3])
    assert both[0, 1] == pytest.approx((1 * 0.5 * 0.5) ** (1 / 3))
    assert both[0, 2] == 0  # the same inputs alone are not enough


def test_similarity_is_symmetric_and_not_of_itself():
    """A channel is not its own most similar one."""
    random = np.random.default_rng(2)
    found = similarities(random.random((5, 9)), random.random((9, 4)), MANY)
    assert found == pytest.approx(found.T)
    assert np.diagonal(found).tolist() == [0] * 9
    assert ((found >= 0) & (found <= 1)).all()


def test_channels_of_few_images_are_alike_to_none():
    """Two channels that fire in one image of one class look the same by chance (kind: small samples)."""
    rates = np.array([[0.01, 0.01, 0.5], [0, 0, 0.2]])
    counts = np.array([FEWEST_IMAGES - 1, FEWEST_IMAGES, 70])
    assert similarities(rates, None, counts)[0].tolist() == [0, 0, 0]
    assert make_redundancies("low", np.zeros((3, 3))) == []


def test_silent_channels_divide_nothing_by_zero():
    """A channel that never fires and reads nothing is alike to none."""
    assert not similarities(np.zeros((3, 2)), np.zeros((2, 4)), MANY[:2]).any()


def test_pairs_are_the_nearest_of_either_channel():
    """A pair is there if one of its channels has the other among its nearest, once, and above the least."""
    similarity = np.array([[0, 0.9, 0.6, 0.4], [0.9, 0, 0.7, 0], [0.6, 0.7, 0, 0], [0.4, 0, 0, 0]])
    found = similar_pairs(similarity, neighbours=1, least=0.5)
    assert found.channels.tolist() == [[0, 1], [1, 2]]
    assert found.similarity.tolist() == [0.9, 0.7]


def test_two_planted_groups():
    """Channels that fire for the same classes and read the same inputs are one group; others are in none."""
    random = np.random.default_rng(4)
    kinds = np.repeat([0, 1, 2], [6, 4, 1])
    rates = (random.random((20, 3)) ** 3)[:, kinds] * random.uniform(0.9, 1.1, (20, 11))
    inputs = random.random((3, 50))[kinds] + random.normal(0, 0.05, (11, 50))
    alike = similarities(rates, inputs, np.full(11, 100))
    groups = make_groups("low", alike, find_louvain(similar_pairs(alike), seed=0))
    assert [[one.index for one in group.channels] for group in groups] == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9]]
    assert [group.number for group in groups] == [1, 2]
    assert all(group.similarity > 0.8 for group in groups)


def test_no_pairs_are_no_groups():
    """Louvain of an empty graph is nothing, not an error."""
    assert find_louvain(similar_pairs(np.zeros((4, 4))), seed=0) == []


def test_cohesion_by_hand():
    """A group's similarity is the mean over its three pairs; a community of one channel is no group."""
    similarity = np.array([[0, 0.9, 0.6, 0], [0.9, 0, 0.3, 0], [0.6, 0.3, 0, 0], [0, 0, 0, 0]])
    (group,) = make_groups("low", similarity, [[2, 0, 1], [3]])
    assert group.channels == tuple(Channel("low", at) for at in range(3))
    assert group.similarity == pytest.approx(0.6)


def test_redundancy_is_the_nearest_channel():
    """Each channel has its most similar one; one that is alike to none is left out."""
    similarity = np.array([[0, 0.9, 0], [0.9, 0, 0], [0, 0, 0]])
    found = make_redundancies("low", similarity)
    assert [(one.channel.index, one.nearest.index, one.redundancy) for one in found] == [
        (0, 1, 0.9),
        (1, 0, 0.9),
    ]


def test_names_of_groups():
    """The label of half of the channels, else the two most common ones; channels without a text count."""
    assert name_of_labels(["dog", "dog", "wolf", None]) == "dog"
    assert name_of_labels(["dog", "wolf", "cat", "dog", None]) == "dog / wolf"
    assert name_of_labels([None, None]) is None
    assert name_of_labels([]) is None


@pytest.mark.parametrize(
    ("text", "concepts"), [("dog", 1), ("dog or cat", 2), ("dog or cat, not wolf", 3), (None, None)]
)
def test_concepts_of_a_label(text, concepts):
    """A clear channel has a label of one concept; other sources have no concepts."""
    assert ChannelLabel(text, 0.9, "concepts").concepts == concepts
    assert ChannelLabel(text, 0.9, "appearance").concepts is None
