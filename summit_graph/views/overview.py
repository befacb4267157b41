"""All classes of a network at once: their positions and their similarity to one class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from summit_graph.analysis.embedding import cosines_with, movements, nearest_classes
from summit_graph.errors import UnknownNameError
from summit_graph.records import ClassSummary
from summit_graph.store.connection import Database
from summit_graph.views.activations import ActivationRows, read_activation_rows

__all__ = [
    "ActivationRows",
    "measure_movements",
    "measure_similarities",
    "nearest_names",
    "read_activation_rows",
    "read_positions",
]

#: Per class a position [x, y], or None.
Positions = list[list[float] | None]


def read_positions(
    database: Database, network: str, layers: Sequence[str], classes: Sequence[ClassSummary]
) -> dict[str, Positions | None]:
    """Positions of the classes in each layer's embedding, in the order given; None for a layer without."""
    rows = {
        row["class"]: row["positions"]
        for row in database.read("view/embeddings", network=network, layers=list(layers))
    }
    nowhere = [None] * len(layers)
    found = {
        layer: [rows.get(summary.name, nowhere)[at] for summary in classes] for at, layer in enumerate(layers)
    }
    return {layer: positions if any(positions) else None for layer, positions in found.items()}


def measure_movements(positions: Mapping[str, Positions | None]) -> dict[str, list[float]]:
    """Layer -> how far each class moves from the layer below (``embedding.movements``).

    A class without a position in some layer counts as one that does not move.

    Args:
        positions: as from ``read_positions``, from the lowest layer up.
    """
    placed = {layer: places for layer, places in positions.items() if places}
    rows = list(zip(*placed.values(), strict=True))
    known = [at for at, row in enumerate(rows) if all(row)]
    if not known:
        return {}
    points = {layer: np.array([places[at] for at in known], np.float64) for layer, places in placed.items()}
    found = {}
    for (_, upper), moved in movements(points).items():
        distances = np.zeros(len(rows))
        distances[known] = moved
        found[upper] = distances.tolist()
    return found


def measure_similarities(found: ActivationRows, name: str) -> dict[str, dict[str, float]]:
    """Layer -> class -> cosine of its row of A with one class's; 0 for a row of zeros.

    Raises:
        UnknownNameError: the rows have no such class.
    """
    at, names = _place(found, name), _names(found)
    return {
        layer: dict(zip(names, np.nan_to_num(cosines_with(counts, at)).tolist(), strict=True))
        for layer, counts in found.rows.items()
    }


def nearest_names(found: ActivationRows, name: str, *, limit: int) -> list[str]:
    """The other classes most similar to one in the topmost layer.

    Raises:
        UnknownNameError: the rows have no such class.
    """
    top = list(found.rows.values())[-1]
    names = _names(found)
    return [names[other] for other, _ in nearest_classes(top, _place(found, name), limit=limit)]


def _names(found: ActivationRows) -> list[str]:
    return [stored.summary.name for stored in found.classes]


def _place(found: ActivationRows, name: str) -> int:
    if name not in (names := _names(found)):
        raise UnknownNameError(f"class {name!r} no longer exists")
    return names.index(name)
