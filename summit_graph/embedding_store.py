"""A network's classes laid out and their positions stored on them (SPEC 5: ``embedding_<layer>``)."""

from __future__ import annotations

from dataclasses import dataclass

from summit_graph.embedding import SEED, embed_layers
from summit_graph.store.connection import Database
from summit_graph.views.activations import read_activation_rows


@dataclass(frozen=True, slots=True)
class Embedded:
    """How many classes were laid out; ``whole`` is False where only attribution graphs were known."""

    classes: int
    whole: bool


def embed_network(database: Database, network: str, *, seed: int = SEED) -> Embedded:
    """Lay out all classes of a network in every layer and store their positions.

    A class that is replaced meanwhile gets none: it will at the next call.
    """
    found = read_activation_rows(database, network)
    positions = {layer: points.tolist() for layer, points in embed_layers(found.rows, seed=seed).items()}
    rows = [
        [stored.id, {f"embedding_{layer}": points[at] for layer, points in positions.items()}]
        for at, stored in enumerate(found.classes)
    ]
    if rows:
        database.write("load/write_embedding", rows=rows)
    return Embedded(len(rows), found.whole)
