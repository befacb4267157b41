"""Two-dimensional embeddings of the classes, one per layer (paper 6.1, 7.2).

1.  In each layer a class is represented by its row of A: in how many of its images each channel is a top
    channel.
2.  UMAP places the classes by the cosine distance between these rows. Each layer is initialized with the
    positions of the layer before, the first with the rows' two principal components, and then rotated onto
    them, so a class that moves between layers has changed its neighbours. The seed is fixed: equal rows give
    equal positions.
3.  UMAP needs four classes; fewer get a fixed layout.
4.  A class's *movement* between two layers is measured after bringing both embeddings to the same scale.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from summit_graph.defaults import SEED

Floats = npt.NDArray[np.float64]

MIN_DIST = 0.1
MOST_NEIGHBORS = 15
#: Positions of up to three classes, which are too few for UMAP.
FIXED_LAYOUTS: dict[int, list[tuple[float, float]]] = {
    0: [],
    1: [(0.0, 0.0)],
    2: [(-1.0, 0.0), (1.0, 0.0)],
    3: [(0.0, 1.0), (-0.866, -0.5), (0.866, -0.5)],
}


def embed_layers(rows: Mapping[str, Floats], *, seed: int = SEED) -> dict[str, Floats]:
    """Positions of the classes in each layer.

    Args:
        rows: layer -> float64 (classes, channels), counts, from the lowest layer up; same order of classes.

    Returns:
        layer -> float64 (classes, 2).
    """
    positions: dict[str, Floats] = {}
    former: Floats | None = None
    for layer, counts in rows.items():
        former = embed_rows(counts, start=former, seed=seed)
        positions[layer] = former
    return positions


def embed_rows(counts: Floats, *, start: Floats | None = None, seed: int = SEED) -> Floats:
    """Positions of the classes in one layer.

    Args:
        counts: float64 (classes, channels).
        start: float64 (classes, 2), initial positions; None for the rows' principal components.

    Returns:
        float64 (classes, 2).
    """
    classes = len(counts)
    if classes in FIXED_LAYOUTS:
        return np.array(FIXED_LAYOUTS[classes]).reshape(-1, 2)
    start = main_components(counts) if start is None else start
    return turned_onto(_fit(counts, _spread(start, seed), seed), start)


def compile_umap() -> None:
    """Compile UMAP for this process, which takes ten seconds of one core once."""
    embed_rows(np.eye(len(FIXED_LAYOUTS)))


def main_components(counts: Floats) -> Floats:
    """The two principal components of the normalized rows.

    Args:
        counts: float64 (classes, channels).

    Returns:
        float64 (classes, 2).
    """
    rows = unit_rows(counts)
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    components = np.zeros((len(rows), 2))
    components[:, : min(2, len(sizes))] = (left * sizes)[:, :2]
    # A component's sign is arbitrary: make its largest absolute value positive.
    farthest = components[np.abs(components).argmax(axis=0), [0, 1]]
    return components * np.where(farthest < 0, -1, 1)


def turned_onto(points: Floats, start: Floats) -> Floats:
    """Rotate (or mirror) the points about their mean to match ``start`` as closely as possible.

    UMAP's orientation is arbitrary; a common one lets a reader follow a class from layer to layer.

    Args:
        points: float64 (classes, 2).
        start: float64 (classes, 2).

    Returns:
        float64 (classes, 2).
    """
    from scipy.linalg import orthogonal_procrustes

    turn, _ = orthogonal_procrustes(_framed(points), _framed(start))
    middle = points.mean(axis=0)
    return np.asarray((points - middle) @ turn + middle, np.float64)


def unit_rows(counts: Floats) -> Floats:
    """Each row divided by its Euclidean norm, float64 (rows, columns); zero rows stay zero."""
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.where(lengths > 0, lengths, 1), np.float64)


def cosines_with(counts: Floats, at: int) -> Floats:
    """Cosine of each row of A with row ``at``, float64 (classes,) (paper 6.2); nan if one of them is zero."""
    rows = unit_rows(counts)
    cosines = np.clip(rows @ rows[at], -1, 1)
    cosines[~counts.any(axis=1)] = np.nan
    return cosines if counts[at].any() else np.full_like(cosines, np.nan)


def nearest_classes(counts: Floats, at: int, *, limit: int) -> list[tuple[int, float]]:
    """The classes most similar to class ``at``, as (class, cosine); ties go to the lower number.

    Args:
        counts: float64 (classes, channels), rows of A.
    """
    cosines = cosines_with(counts, at)
    cosines[at] = np.nan
    order = np.argsort(-cosines, kind="stable")[:limit]  # nan comes last
    return [(int(other), float(cosines[other])) for other in order if not np.isnan(cosines[other])]


def nearest_pairs(counts: Floats, *, least: float, neighbours: int) -> dict[tuple[int, int], float]:
    """Pairs of classes of which one is among the other's most similar ones, with their cosines.

    Ties go to the lower number. The first class of a pair has the lower number.

    Args:
        counts: float64 (classes, channels).
        least: pairs with a smaller cosine are left out.
        neighbours: number of the most similar classes of each class.
    """
    rows = unit_rows(counts)
    cosines = rows @ rows.T  # (classes, classes)
    np.fill_diagonal(cosines, -1)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :neighbours]
    found = {}
    for one, other in zip(np.repeat(np.arange(len(counts)), nearest.shape[1]), nearest.ravel(), strict=True):
        if cosines[one, other] >= least:
            found[int(min(one, other)), int(max(one, other))] = float(cosines[one, other])
    return found


def movements(positions: Mapping[str, Floats]) -> dict[tuple[str, str], Floats]:
    """Distance that each class moves between neighbouring layers.

    Positions are first centred and scaled to a mean squared radius of 1.

    Args:
        positions: layer -> float64 (classes, 2), from the lowest layer up.

    Returns:
        (lower, upper) layer -> float64 (classes,).
    """
    framed = {layer: _framed(points) for layer, points in positions.items()}
    return {
        (lower, upper): np.linalg.norm(framed[upper] - framed[lower], axis=1)
        for lower, upper in pairwise(positions)
    }


def _fit(counts: Floats, start: Floats, seed: int) -> Floats:
    import umap

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_jobs value")  # a fixed seed implies one thread
        warnings.filterwarnings("ignore", message=".*cosine.*|.*disconnected.*")  # of zero rows
        found: Any = umap.UMAP(
            metric="cosine",
            n_neighbors=min(MOST_NEIGHBORS, len(counts) - 1),
            min_dist=MIN_DIST,
            init=start,
            random_state=seed,
        ).fit_transform(counts)
    positions = np.asarray(found, np.float64)
    return np.where(np.isfinite(positions), positions, start)  # without a neighbour: unchanged


def _spread(start: Floats, seed: int) -> Floats:
    """Initial positions with small noise, float32: UMAP does not separate identical points."""
    noise = np.random.default_rng(seed).normal(size=start.shape)
    return np.asarray(_framed(start) + 1e-3 * noise, np.float32)


def _framed(points: Floats) -> Floats:
    """Centred, with a mean squared radius of 1; identical points become zeros."""
    centred = points - points.mean(axis=0)
    radius = np.sqrt((centred**2).sum(axis=1).mean())
    return np.asarray(centred / radius if radius > 0 else centred, np.float64)
