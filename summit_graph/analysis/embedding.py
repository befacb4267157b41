"""Where classes lie among each other, layer by layer (paper 6.1, 7.2).

1.  In each layer a class is its row of A: in how many of its images each channel is a top channel.
2.  UMAP lays the classes out by the cosine distance between these rows. Each layer starts from the layer
    before, the first from the rows' two main components, and is turned onto it, so a class that moves from
    one picture to the next has changed its neighbours. The seed is fixed: the same rows, the same picture.
3.  Fewer than four classes are too few for UMAP: they get a fixed layout.
4.  How far a class *moves* between two layers is measured in the pictures, brought to one size.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MIN_DIST = 0.1
MOST_NEIGHBORS = 15
SEED = 20190801
#: Positions of one, two and three classes, for which UMAP has no neighbourhoods to look at.
FIXED_LAYOUTS: dict[int, list[tuple[float, float]]] = {
    0: [],
    1: [(0.0, 0.0)],
    2: [(-1.0, 0.0), (1.0, 0.0)],
    3: [(0.0, 1.0), (-0.866, -0.5), (0.866, -0.5)],
}


def embed_layers(rows: Mapping[str, Floats], *, seed: int = SEED) -> dict[str, Floats]:
    """Positions of the classes in each layer.

    Args:
        rows: layer -> (classes, channels) counts, from the lowest layer up; the classes in one order.

    Returns:
        layer -> (classes, 2).
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
        counts: (classes, channels)
        start: (classes, 2) where they begin; None for the rows' main components.

    Returns:
        (classes, 2)
    """
    classes = len(counts)
    if classes in FIXED_LAYOUTS:
        return np.array(FIXED_LAYOUTS[classes]).reshape(-1, 2)
    start = main_components(counts) if start is None else start
    return turned_onto(_fit(counts, _spread(start, seed), seed), start)


def compile_umap() -> None:
    """Let UMAP compile itself, once in a process: ten seconds of one core, whatever it lays out then."""
    embed_rows(np.eye(len(FIXED_LAYOUTS)))


def main_components(counts: Floats) -> Floats:
    """(classes, 2) the two main components of the rows brought to length 1."""
    rows = unit_rows(counts)
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    components = np.zeros((len(rows), 2))
    components[:, : min(2, len(sizes))] = (left * sizes)[:, :2]
    # a component's sign is arbitrary: the class farthest out is on the positive side
    farthest = components[np.abs(components).argmax(axis=0), [0, 1]]
    return components * np.where(farthest < 0, -1, 1)


def turned_onto(points: Floats, start: Floats) -> Floats:
    """The points turned (or mirrored) about their middle so that they lie as near to ``start`` as can be.

    UMAP does not care how its picture is turned; a reader who follows a class from layer to layer does.
    """
    from scipy.linalg import orthogonal_procrustes

    turn, _ = orthogonal_procrustes(_framed(points), _framed(start))
    middle = points.mean(axis=0)
    return np.asarray((points - middle) @ turn + middle, np.float64)


def unit_rows(counts: Floats) -> Floats:
    """Each row divided by its length; a row of zeros stays one."""
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.where(lengths > 0, lengths, 1), np.float64)


def cosines_with(counts: Floats, at: int) -> Floats:
    """(classes,) cosine of each row of A with one of them (paper 6.2); nan where either is of zeros."""
    rows = unit_rows(counts)
    cosines = np.clip(rows @ rows[at], -1, 1)
    cosines[~counts.any(axis=1)] = np.nan
    return cosines if counts[at].any() else np.full_like(cosines, np.nan)


def nearest_classes(counts: Floats, at: int, *, limit: int) -> list[tuple[int, float]]:
    """The classes most similar to one, as (class, cosine), ties by the lower number."""
    cosines = cosines_with(counts, at)
    cosines[at] = np.nan
    order = np.argsort(-cosines, kind="stable")[:limit]  # nan comes last
    return [(int(other), float(cosines[other])) for other in order if not np.isnan(cosines[other])]


def movements(positions: Mapping[str, Floats]) -> dict[tuple[str, str], Floats]:
    """How far each class moves between neighbouring layers' pictures: (lower, upper) -> (classes,).

    Every picture is centred and brought to a mean squared radius of 1 before.
    """
    framed = {layer: _framed(points) for layer, points in positions.items()}
    return {
        (lower, upper): np.linalg.norm(framed[upper] - framed[lower], axis=1)
        for lower, upper in _neighbours(list(positions))
    }


def _fit(counts: Floats, start: Floats, seed: int) -> Floats:
    import umap

    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="n_jobs value"
        )  # a fixed seed means one thread: so we want it
        warnings.filterwarnings("ignore", message=".*cosine.*|.*disconnected.*")  # rows of zeros stand alone
        found: Any = umap.UMAP(
            metric="cosine",
            n_neighbors=min(MOST_NEIGHBORS, len(counts) - 1),
            min_dist=MIN_DIST,
            init=start,
            random_state=seed,
        ).fit_transform(counts)
    positions = np.asarray(found, np.float64)
    return np.where(np.isfinite(positions), positions, start)  # a class without any neighbour stays


def _spread(start: Floats, seed: int) -> Floats:
    """The starting positions with a breath of noise: UMAP pulls apart no two that are the same."""
    noise = np.random.default_rng(seed).normal(size=start.shape)
    return np.asarray(_framed(start) + 1e-3 * noise, np.float32)


def _framed(points: Floats) -> Floats:
    """Centred, with a mean squared radius of 1; points in one place stay there."""
    centred = points - points.mean(axis=0)
    radius = np.sqrt((centred**2).sum(axis=1).mean())
    return np.asarray(centred / radius if radius > 0 else centred, np.float64)


def _neighbours(layers: Sequence[str]) -> list[tuple[str, str]]:
    return list(pairwise(layers))
