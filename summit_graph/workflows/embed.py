"""Embed the classes of a network and store their positions (SPEC 5: ``PLACED``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neo4j import ManagedTransaction

from summit_graph.analysis.embedding import Floats, embed_layers, movements
from summit_graph.defaults import SEED
from summit_graph.store.connection import Database, repeated, run
from summit_graph.store.migration import prepare_to_write
from summit_graph.views.activations import read_activation_rows
from summit_graph.views.classes import StoredClass


@dataclass(frozen=True, slots=True)
class Move:
    """The class that moves most from one layer's embedding to the next (see ``embedding.movements``)."""

    lower: str
    upper: str
    name: str
    title: str
    moved: float


@dataclass(frozen=True, slots=True)
class Embedded:
    """Number of embedded classes; ``whole`` is False if only attribution graphs are known."""

    classes: int
    whole: bool
    moves: tuple[Move, ...] = ()


def embed_network(database: Database, network: str, *, seed: int = SEED) -> Embedded:
    """Embed all classes of a network in every layer and store their positions.

    A class that is replaced meanwhile gets no position until the next call.
    """
    prepare_to_write(database)
    found = read_activation_rows(database, network)
    pictures = embed_layers(found.rows, seed=seed)
    repeated(
        lambda: database.transaction(
            lambda transaction: _write(transaction, network, found.classes, pictures)
        )
    )
    return Embedded(len(found.classes), found.whole, tuple(_largest_moves(found.classes, pictures)))


def _write(
    transaction: ManagedTransaction,
    network: str,
    classes: Sequence[StoredClass],
    pictures: Mapping[str, Floats],
) -> None:
    for layer, points in pictures.items():
        rows = [[stored.id, x, y] for stored, (x, y) in zip(classes, points.tolist(), strict=True)]
        run(transaction, "load/write_embedding", network=network, layer=layer, rows=rows)


def _largest_moves(classes: Sequence[StoredClass], pictures: Mapping[str, Floats]) -> Iterator[Move]:
    for (lower, upper), moved in movements(pictures).items():
        if len(classes):
            most = int(moved.argmax())
            summary = classes[most].summary
            yield Move(lower, upper, summary.name, summary.title, float(moved[most]))
