"""All classes of a network at once: where they lie, and how like one they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from summit_graph.records import ClassSummary
from summit_graph.store.connection import Database
from summit_graph.views.activations import ActivationRows, read_activation_rows

__all__ = ["ActivationRows", "measure_similarities", "read_activation_rows", "read_positions"]

#: Per class a position [x, y], or None.
Positions = list[list[float] | None]


def read_positions(
    database: Database, network: str, layers: Sequence[str], classes: Sequence[ClassSummary]
) -> dict[str, Positions | None]:
    """Where the classes lie in each layer's picture, in their order; None for a layer without."""
    rows = {
        row["class"]: row["positions"]
        for row in database.read("view/embeddings", network=network, layers=list(layers))
    }
    nowhere = [None] * len(layers)
    found = {
        layer: [rows.get(summary.name, nowhere)[at] for summary in classes] for at, layer in enumerate(layers)
    }
    return {layer: positions if any(positions) else None for layer, positions in found.items()}


def measure_similarities(found: ActivationRows, name: str) -> dict[str, dict[str, float]]:
    """Layer -> class -> cosine of its row of A with one class's; 0 where a row is of zeros."""
    names = [stored.summary.name for stored in found.classes]
    at = names.index(name)
    result = {}
    for layer, counts in found.rows.items():
        lengths = np.linalg.norm(counts, axis=1)
        products = counts @ counts[at]
        scale = lengths * lengths[at]
        cosines = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
        result[layer] = dict(zip(names, cosines.tolist(), strict=True))
    return result
