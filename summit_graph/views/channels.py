"""One channel across the classes of a network: its counts, its inputs and its outputs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from summit_graph.analysis.specificity import measure_specificity
from summit_graph.errors import UnknownNameError
from summit_graph.records import Channel, Layer, missing_channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.views.classes import list_classes, read_one_state
from summit_graph.views.graphs import read_layers
from summit_graph.views.state import read_version


@dataclass(frozen=True, slots=True)
class ChannelInClass:
    """A channel in one class.

    Attributes:
        count: images of the class in which it is a top channel.
        pagerank: its share of the network's score; None where it is not in the attribution graph.
        lift: share of the class's images over the share of all other images,inf if no other has it;
            q: the false discovery rate at which it is specific to the class. Both None where the counts of
            other classes are unknown (an imported network) or there is only one class.
    """

    name: str
    title: str
    images: int
    count: int
    pagerank: float | None
    lift: float | None = None
    q: float | None = None


@dataclass(frozen=True, slots=True)
class ChannelNeighbour:
    """A channel of a neighbouring layer, connected in the attribution graphs of ``classes`` classes.

    ``images`` is the sum of the influence's counts over these classes.
    """

    channel: Channel
    classes: int
    images: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class ChannelAcrossClasses:
    """Everything stored about one channel; classes sorted by share of images, neighbours by classes."""

    channel: Channel
    branch: str | None
    classes: tuple[ChannelInClass, ...]
    before: tuple[ChannelNeighbour, ...]
    after: tuple[ChannelNeighbour, ...]


def read_channel(database: Database, network: str, channel: Channel) -> ChannelAcrossClasses:
    """One channel across all classes, read from one state of the network.

    Raises:
        UnknownNameError: the network has no such channel.
    """
    return read_one_state(
        lambda: read_version(database, network),
        lambda version: _across_classes(database, network, channel),
        of=f"the classes of network {network}",
    )


def find_layer(database: Database, network: str, channel: Channel) -> Layer:
    """The layer of a channel.

    Raises:
        UnknownNameError: the network has no such channel; the message lists the layers.
    """
    layers = {layer.name: layer for layer in read_layers(database, network)}
    if missing := missing_channel(channel, layers.values()):
        raise UnknownNameError(f"network {network} has no channel {channel}: {missing}")
    return layers[channel.layer]


def _across_classes(database: Database, network: str, channel: Channel) -> ChannelAcrossClasses:
    layer = find_layer(database, network, channel)
    known = {"channel": f"{network}/{channel}"}
    classes = [
        ChannelInClass(row["class"], row["title"], row["images"], row["count"], row["pagerank"])
        for row in database.read("view/channel_classes", **known)
    ]
    neighbours = [
        (row["above"], ChannelNeighbour(
            Channel(row["layer"], row["index"]), row["classes"], row["images"], tuple(row["names"])
        ))
        for row in database.read("view/channel_neighbours", **known)
    ]  # fmt: skip
    return ChannelAcrossClasses(
        channel,
        layer.branch_of(channel.index),
        tuple(_with_specificity(database, network, classes)),
        tuple(neighbour for above, neighbour in neighbours if not above),
        tuple(neighbour for above, neighbour in neighbours if above),
    )


def _with_specificity(database: Database, network: str, found: list[ChannelInClass]) -> list[ChannelInClass]:
    """The classes with lift and q filled in, compared with all images of the network."""
    if find_network(database, network).parameters is None or not found:
        return found
    sizes = [stored.summary.images for stored in list_classes(database, network)]
    if len(sizes) < 2:
        return found
    counts = np.array([one.count for one in found], np.int64)
    measured = measure_specificity(
        counts,
        np.full_like(counts, counts.sum()),
        images=np.array([one.images for one in found], np.int64),
        images_everywhere=sum(sizes),
        tests=len(sizes),
    )
    pairs = zip(measured.lift.tolist(), measured.q.tolist(), strict=True)
    return [replace(one, lift=lift, q=q) for one, (lift, q) in zip(found, pairs, strict=True)]
