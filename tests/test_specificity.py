"""Specificity of channels to a class."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from summit_graph.analysis.specificity import measure_specificity


def test_specificity_by_hand() -> None:
    """A channel in 3 of the class's 4 images and 1 of 6 others has p = (C(4,3)·C(6,1) + C(4,4)) / C(10,4)."""
    found = measure_specificity(np.array([3]), np.array([4]), images=4, images_everywhere=10)
    assert found.p[0] == pytest.approx((comb(4, 3) * 6 + 1) / comb(10, 4))
    assert found.lift[0] == pytest.approx((3 / 4) / (1 / 6))


def test_channel_in_all_images_is_not_specific() -> None:
    """A channel that is a top channel in all images of all classes has p = 1."""
    found = measure_specificity(np.array([50]), np.array([500]), images=50, images_everywhere=500)
    assert (found.p[0], found.lift[0]) == (1, 1)


def test_very_small_p_is_not_rounded_to_0() -> None:
    """With 1.3 million images, two very specific channels still have different p above 0."""
    found = measure_specificity(
        np.array([130, 140]), np.array([800, 810]), images=1300, images_everywhere=1_300_000
    )
    assert 0 < found.p[1] < found.p[0] < 1e-100


def test_false_discovery_rate_is_controlled_on_noise() -> None:
    """Channels with the same rate in every class are rarely called specific."""
    random = np.random.default_rng(4)
    finds = 0
    for _ in range(50):
        everywhere = random.integers(20, 400, 300)
        counts = random.hypergeometric(everywhere, 2000 - everywhere, 100)
        q = measure_specificity(counts, everywhere, images=100, images_everywhere=2000).q
        finds += bool((q < 0.05).any())
    assert finds <= 7  # more than 7 of 50 at 5 % has a probability of at most 2 %
