"""Compares several classes of a network, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from neo4j import Record

from summit_graph.analysis.comparison import (
    ComparedChannel,
    ComparedEdge,
    ComparedLayer,
    Comparison,
    MoreOften,
)
from summit_graph.errors import UsageError
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import read_parameters
from summit_graph.views.classes import StoredClass, find_class, read_one_state

#: Channels of each class that it has more often than the other.
MORE_OFTEN = 10


def read_comparison(database: Database, network: str, classes: Sequence[str]) -> Comparison:
    """Intersection, union and differences of attribution graphs (paper 7.3).

    Args:
        classes: names, titles, WordNet ids or output indices of at least two classes.

    Raises:
        UnknownNameError: there is no such class.
        UsageError: fewer than two different classes are given.
    """

    def read(found: Sequence[StoredClass]) -> Comparison:
        names = {stored.id: stored.summary.name for stored in found}
        channels = database.read("view/compared_channels", classes=list(names))
        edges = database.read("view/compared_influences", classes=list(names))
        parameters, origin = read_parameters(database, network)
        return Comparison(
            network=network,
            classes=tuple(names.values()),
            titles=tuple(stored.summary.title for stored in found),
            channels=tuple(
                ComparedChannel(Channel(row["layer"], row["index"]), _counts(row, names)) for row in channels
            ),
            edges=tuple(
                ComparedEdge(
                    Channel(row["previous_layer"], row["previous"]),
                    Channel(row["layer"], row["index"]),
                    _counts(row, names),
                    row["skip"],
                )
                for row in edges
            ),
            layers=_layers(database, network, list(names)),
            parameters=parameters,
            origin=origin,
            more=_more_often(database, names),
        )

    return read_one_state(lambda: _find_different(database, network, classes), read, of="these classes")


def _more_often(database: Database, names: dict[int, str]) -> tuple[MoreOften, ...]:
    """For each of two classes, the channels that it has more often than the other."""
    if len(names) != 2:
        return ()
    return tuple(
        MoreOften(names[one], Channel(row["layer"], row["index"]), row["share"], row["other_share"], row["z"])
        for one, other in permutations(names)
        for row in database.read("view/compared_shares", **{"class": one}, other=other, limit=MORE_OFTEN)
    )


def _find_different(database: Database, network: str, classes: Sequence[str]) -> list[StoredClass]:
    found = {stored.id: stored for stored in (find_class(database, network, text) for text in classes)}
    if len(found) < 2:
        raise UsageError("name at least two different classes to compare")
    first, *others = found.values()
    for other in others:
        if other.selected_by != first.selected_by:
            raise UsageError(
                f"the graph of {first.summary.name!r} is selected by {first.selected_by} and that of "
                f"{other.summary.name!r} by {other.selected_by}: select both by one score with "
                "summit-graph rank --select"
            )
    return [first, *others]


def _counts(row: Record, names: dict[int, str]) -> dict[str, int]:
    counts = dict(zip(row["classes"], row["counts"], strict=True))
    return {name: counts[class_id] for class_id, name in names.items() if class_id in counts}


def _layers(database: Database, network: str, ids: list[int]) -> tuple[ComparedLayer, ...]:
    pairs = len(ids) * (len(ids) - 1) // 2
    cosines: dict[str, list[float]] = {}
    for row in database.read("view/activation_cosines", classes=ids):
        cosines.setdefault(row["layer"], []).append(row["cosine"])
    return tuple(
        ComparedLayer(row["layer"], row["jaccard"], _mean(cosines.get(row["layer"], []), pairs))
        for row in database.read("view/compared_layers", network=network, classes=ids)
    )


def _mean(values: Sequence[float], pairs: int) -> float | None:
    """The mean; None unless every pair of classes has a cosine."""
    return sum(values) / pairs if len(values) == pairs else None
