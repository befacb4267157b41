"""Embeddings of the classes per layer, and movements between layers."""

from __future__ import annotations

import numpy as np
import pytest

from summit_graph.analysis.embedding import (
    cosines_with,
    embed_layers,
    embed_rows,
    movements,
    nearest_classes,
    nearest_pairs,
    turned_onto,
)


def two_clusters(classes: int, *, seed: int = 0, channels: int = 40) -> np.ndarray:
    """Even classes use the lower half of the channels, odd ones the upper half."""
    random = np.random.default_rng(seed)
    counts = random.poisson(0.2, (classes, channels)).astype(float)
    half = channels // 2
    counts[::2, :half] += random.poisson(5, counts[::2, :half].shape)
    counts[1::2, half:] += random.poisson(5, counts[1::2, half:].shape)
    return counts


@pytest.mark.parametrize("classes", [0, 1, 2, 3])
def test_few_classes_have_a_fixed_layout(classes: int) -> None:
    """Up to three classes have fixed, distinct positions that do not depend on their rows."""
    positions = embed_rows(two_clusters(classes))
    assert positions.shape == (classes, 2)
    assert (embed_rows(np.zeros((classes, 5))) == positions).all()
    assert len(np.unique(positions, axis=0)) == classes


@pytest.mark.parametrize("classes", [4, 5, 6, 17])
def test_small_numbers_of_classes_are_embedded(classes: int) -> None:
    """UMAP gives finite positions from four classes on."""
    layers = embed_layers({"mixed3a": two_clusters(classes), "mixed3b": two_clusters(classes, seed=1)})
    for positions in layers.values():
        assert positions.shape == (classes, 2)
        assert np.isfinite(positions).all()


@pytest.mark.parametrize(
    "counts",
    [np.zeros((6, 8)), np.ones((6, 8)), np.eye(6), np.vstack([np.zeros((2, 8)), np.ones((4, 8))])],
    ids=["zeros", "equal", "nothing shared", "some zeros"],
)
def test_degenerate_rows_are_embedded(counts: np.ndarray) -> None:
    """Zero rows, equal rows and orthogonal rows give finite positions."""
    assert np.isfinite(embed_rows(counts)).all()


def test_same_seed_same_positions() -> None:
    """Two calls give the same positions."""
    rows = {"mixed3a": two_clusters(20), "mixed3b": two_clusters(20, seed=1)}
    once, again = embed_layers(rows), embed_layers(rows)
    assert all((once[layer] == again[layer]).all() for layer in rows)


def test_similar_classes_are_close() -> None:
    """Classes with similar rows are closer to each other than to others."""
    positions = embed_rows(two_clusters(40))
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    same = np.equal.outer(np.arange(40) % 2, np.arange(40) % 2)
    assert distance[same].mean() < distance[~same].mean() / 2


def test_each_layer_is_initialized_with_the_previous_one() -> None:
    """Equal rows in two layers give similar positions; other initial positions do not."""
    counts = two_clusters(40)
    layers = embed_layers({"mixed3a": counts, "mixed3b": counts})
    stayed = movements(layers)["mixed3a", "mixed3b"]
    anew = embed_rows(counts, start=np.random.default_rng(0).normal(size=(40, 2)))
    elsewhere = movements({"a": layers["mixed3a"], "b": anew})["a", "b"]
    assert stayed.mean() < 0.2
    assert stayed.mean() < elsewhere.mean() / 2


def test_rotation_and_reflection_are_undone() -> None:
    """Points that are only rotated and mirrored are mapped back to the original."""
    points = two_clusters(6, channels=2)
    turned = points @ np.array([[0.6, 0.8], [0.8, -0.6]])
    back = turned_onto(turned, points)
    assert movements({"a": points, "b": back})["a", "b"] == pytest.approx(np.zeros(6), abs=1e-9)


def test_cosine_by_hand() -> None:
    """(3, 4) and (4, 3) have cosine 24/25; a zero row has none."""
    counts = np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 0.0]])
    assert cosines_with(counts, 0)[:2] == pytest.approx([1, 0.96])
    assert np.isnan(cosines_with(counts, 0)[2])
    assert np.isnan(cosines_with(counts, 2)).all()


def test_nearest_pairs_are_found_from_either_side() -> None:
    """Each pair once, if one class is among the nearest of the other; not below the least cosine."""
    counts = np.array([[4.0, 0, 0], [4, 1, 0], [0, 4, 1], [0, 0, 0]])
    pairs = nearest_pairs(counts, least=0.1, neighbours=1)
    assert pairs.keys() == {(0, 1), (1, 2)}
    assert pairs[0, 1] == pytest.approx(4 / np.sqrt(17))
    assert nearest_pairs(counts, least=0.5, neighbours=1).keys() == {(0, 1)}


def test_nearest_classes_in_order() -> None:
    """Descending cosine, ties by number; classes without activation are not included."""
    counts = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    assert [other for other, _ in nearest_classes(counts, 0, limit=3)] == [1, 2, 3]
    assert nearest_classes(counts, 4, limit=3) == []


def test_movement_ignores_scale_and_translation() -> None:
    """Scaling and translation are no movement; two classes that change places move."""
    points = np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
    moved = movements({"a": points, "b": points * 7 + 100, "c": points[[1, 0, 2, 3]]})
    assert moved["a", "b"] == pytest.approx([0, 0, 0, 0])
    assert moved["b", "c"] == pytest.approx([2**0.5, 2**0.5, 0, 0])


@pytest.mark.slow
def test_a_thousand_classes_are_embedded() -> None:
    """Two clusters of a thousand classes are separated."""
    positions = embed_rows(two_clusters(1000, channels=256))
    assert np.isfinite(positions).all()
    assert np.linalg.norm(positions[::2].mean(0) - positions[1::2].mean(0)) > 3
