"""The matrix A of a network: rows for embeddings and neighbours, and how specific channels are to a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from summit_graph.analysis.embedding import cosines_with, nearest_classes
from summit_graph.analysis.specificity import measure_specificity
from summit_graph.defaults import NEIGHBOURS
from summit_graph.errors import SummitGraphError
from summit_graph.records import Channel, ClassSummary
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
    """The matrix A, one array per layer.

    Attributes:
        classes: in the order of the rows.
        rows: layer -> (classes, channels) counts, from the lowest layer up.
        whole: False where only the counts of attribution graphs were read; an imported network has no others.
    """

    classes: tuple[StoredClass, ...]
    rows: dict[str, Floats]
    whole: bool


@dataclass(frozen=True, slots=True)
class ClassChannel:
    """How specific a channel is to one class, compared with all other classes.

    Attributes:
        count: images of the class in which it is a top channel.
        lift: share of the class's images over the share of all others; inf where those have none.
        p, q: Fisher's exact test, and its false discovery rate.
    """

    channel: Channel
    count: int
    lift: float
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A class similar to another one in a layer, with the cosine of their rows of A."""

    name: str
    title: str
    cosine: float


def read_activation_rows(
    database: Database, network: str, *, layer: str | None = None, of_graphs: bool = False
) -> ActivationRows:
    """The matrix A of a network, or one layer of it.

    Classes added during the read are left out; if one is replaced or removed, everything is read again.

    Args:
        of_graphs: only the counts of each attribution graph's channels; an imported network has no others.
    """
    whole = not of_graphs and find_network(database, network).parameters is not None
    layers = [one for one in read_layers(database, network) if layer in (None, one.name)]
    query = "view/activation_counts" if whole else "view/selected_counts"

    def read(classes: Sequence[StoredClass]) -> ActivationRows:
        at = {stored.id: row for row, stored in enumerate(classes)}
        rows = {one.name: np.zeros((len(classes), one.channels)) for one in layers}
        for record in database.read(query, network=network, layer=layer):
            if record["class"] in at:
                rows[record["layer"]][at[record["class"]], record["channels"]] = record["counts"]
        return ActivationRows(tuple(classes), rows, whole)

    return read_one_state(
        lambda: list_classes(database, network),
        read,
        of=f"the classes of network {network}",
        still_valid=lambda before, now: {one.id for one in before} <= {one.id for one in now},
    )


def read_neighbours(
    database: Database, network: str, name: str, *, limit: int = NEIGHBOURS, layer: str | None = None
) -> dict[str, list[Neighbour]]:
    """The classes most similar to one class, for every layer or for one (paper 6.2)."""
    found = read_activation_rows(database, network, layer=layer)
    at = found.classes.index(pick_class(found.classes, network, name))
    return {
        at_layer: [
            Neighbour(found.classes[other].summary.name, found.classes[other].summary.title, cosine)
            for other, cosine in nearest_classes(counts, at, limit=limit)
        ]
        for at_layer, counts in found.rows.items()
    }


def read_similar(database: Database, network: str, name: str) -> list[tuple[ClassSummary, float]]:
    """The other classes with the mean over layers of the cosine of their rows of A, the nearest first.

    Classes that have no row in a layer are left out.
    """
    found = read_activation_rows(database, network)
    at = found.classes.index(pick_class(found.classes, network, name))
    cosines = np.mean([cosines_with(counts, at) for counts in found.rows.values()], axis=0)
    others = [number for number in np.argsort(-cosines, kind="stable") if number != at]
    return [(found.classes[one].summary, float(cosines[one])) for one in others if not np.isnan(cosines[one])]


def read_specificity(database: Database, network: str, name: str) -> list[ClassChannel]:
    """How specific each channel is to a class, compared with all other classes; sorted by channel.

    Channels that are a top channel of no image are left out.

    Raises:
        SummitGraphError: the network has only attribution graphs, or only this class.
    """
    return read_consistently(database, network, name, lambda one: specificity_of(database, network, one))


def specificity_of(database: Database, network: str, stored: StoredClass) -> list[ClassChannel]:
    """``read_specificity`` of one state of a class; the caller checks for replacement."""
    if find_network(database, network).parameters is None:
        raise SummitGraphError(
            f"network {network} has only attribution graphs: counts of other classes are missing"
        )
    images = sum(one.summary.images for one in list_classes(database, network))
    if images == stored.summary.images:
        name = stored.summary.name
        raise SummitGraphError(f"network {network} has no class to compare {name!r} with")
    rows = database.read("view/channel_totals", **{"network": network, "class": stored.id})
    counts = np.array([row["count"] for row in rows], np.int64)
    everywhere = np.array([row["everywhere"] for row in rows], np.int64)
    measured = measure_specificity(counts, everywhere, images=stored.summary.images, images_everywhere=images)
    channels = [Channel(row["layer"], row["index"]) for row in rows]
    columns = (column.tolist() for column in (counts, *measured))
    return [ClassChannel(*entry) for entry in zip(channels, *columns, strict=True)]
