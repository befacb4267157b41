"""The matrix A of a network: rows for embeddings and neighbours, specificity of a class's channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from summit_graph.analysis.embedding import nearest_classes
from summit_graph.analysis.specificity import measure_specificity
from summit_graph.errors import SummitGraphError
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.views.classes import (
    StoredClass,
    list_classes,
    pick_class,
    read_consistently,
    read_one_state,
)
from summit_graph.views.graphs import read_layers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ActivationRows:
    """A, layer by layer.

    Attributes:
        classes: in the order of the rows.
        rows: layer -> (classes, channels) counts, from the lowest layer up.
        whole: False where only the counts of attribution graphs are known (an imported network).
    """

    classes: tuple[StoredClass, ...]
    rows: dict[str, Floats]
    whole: bool


@dataclass(frozen=True, slots=True)
class ClassChannel:
    """A channel as it stands out in one class against all others.

    Attributes:
        count: images of the class in which it is a top channel.
        lift: share of the class's images over the share of all others; inf where those have none.
        p, q: Fisher's exact test, and the false discovery rate at which it is a find.
    """

    channel: Channel
    count: int
    lift: float
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A class that is like another in one layer, by the cosine of their rows of A."""

    name: str
    title: str
    cosine: float


def read_activation_rows(database: Database, network: str, *, layer: str | None = None) -> ActivationRows:
    """A of a whole network, or one layer of it; of an imported one, what its attribution graphs tell.

    Classes that come in meanwhile are left out; where one is replaced or removed, all is read again.
    """
    whole = find_network(database, network).parameters is not None
    layers = [one for one in read_layers(database, network) if layer in (None, one.name)]
    query = "view/activation_counts" if whole else "view/selected_counts"

    def read(classes: Sequence[StoredClass]) -> ActivationRows:
        at = {stored.id: row for row, stored in enumerate(classes)}
        rows = {one.name: np.zeros((len(classes), one.channels)) for one in layers}
        for record in database.read(query, network=network, layer=layer or "all"):
            if record["class"] in at:
                rows[record["layer"]][at[record["class"]], record["channels"]] = record["counts"]
        return ActivationRows(tuple(classes), rows, whole)

    return read_one_state(
        lambda: list_classes(database, network),
        read,
        of=f"the classes of network {network}",
        stands=lambda before, now: {one.id for one in before} <= {one.id for one in now},
    )


def read_neighbours(
    database: Database, network: str, name: str, *, limit: int = 5, layer: str | None = None
) -> dict[str, list[Neighbour]]:
    """The classes most like one class, for every layer or for one (paper 6.2)."""
    found = read_activation_rows(database, network, layer=layer)
    at = found.classes.index(pick_class(found.classes, network, name))
    return {
        at_layer: [
            Neighbour(found.classes[other].summary.name, found.classes[other].summary.title, cosine)
            for other, cosine in nearest_classes(counts, at, limit=limit)
        ]
        for at_layer, counts in found.rows.items()
    }


def read_specificity(database: Database, network: str, name: str) -> list[ClassChannel]:
    """How surprising each channel of a class is against all other classes, sorted by channel.

    Channels that are nowhere a top channel are left out.

    Raises:
        SummitGraphError: the network holds attribution graphs alone, or no other class.
    """
    return read_consistently(database, network, name, lambda one: specificity_of(database, network, one))


def specificity_of(database: Database, network: str, stored: StoredClass) -> list[ClassChannel]:
    """``read_specificity`` for one state of a class; whoever asks looks whether it was replaced."""
    if find_network(database, network).parameters is None:
        raise SummitGraphError(
            f"network {network} holds attribution graphs alone: how often channels fire in other classes "
            "is not known"
        )
    images = sum(one.summary.images for one in list_classes(database, network))
    if images == stored.summary.images:
        name = stored.summary.name
        raise SummitGraphError(f"network {network} has no other class to hold {name!r} against")
    rows = database.read("view/channel_totals", **{"network": network, "class": stored.id})
    counts = np.array([row["count"] for row in rows], np.int64)
    everywhere = np.array([row["everywhere"] for row in rows], np.int64)
    measured = measure_specificity(counts, everywhere, images=stored.summary.images, images_everywhere=images)
    channels = [Channel(row["layer"], row["index"]) for row in rows]
    columns = (column.tolist() for column in (counts, *measured))
    return [ClassChannel(*entry) for entry in zip(channels, *columns, strict=True)]
