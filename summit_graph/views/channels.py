"""One channel across the classes of a network: where it stands, what feeds it and what it feeds."""

from __future__ import annotations

from dataclasses import dataclass

from summit_graph.errors import UnknownNameError
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.views.graphs import read_layers


@dataclass(frozen=True, slots=True)
class ChannelInClass:
    """A channel in one class.

    Attributes:
        count: images of the class in which it is a top channel.
        pagerank: its share of the network's score; None where it is not in the attribution graph.
    """

    name: str
    title: str
    images: int
    count: int
    pagerank: float | None


@dataclass(frozen=True, slots=True)
class ChannelNeighbour:
    """A channel of a neighbouring layer, joined in the attribution graphs of ``classes`` classes.

    ``images`` adds up the influence's count over these classes.
    """

    channel: Channel
    classes: int
    images: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class ChannelAcrossClasses:
    """All that the graph tells of one channel; classes by share of images, neighbours by classes."""

    channel: Channel
    branch: str | None
    classes: tuple[ChannelInClass, ...]
    before: tuple[ChannelNeighbour, ...]
    after: tuple[ChannelNeighbour, ...]


def read_channel(database: Database, network: str, channel: Channel) -> ChannelAcrossClasses:
    """One channel across all classes.

    Raises:
        UnknownNameError: the network has no such channel.
    """
    layer = {layer.name: layer for layer in read_layers(database, network)}.get(channel.layer)
    if layer is None or channel.index >= layer.channels:
        width = f"{channel.layer} has {layer.channels} channels" if layer else "it has no such layer"
        raise UnknownNameError(f"network {network} has no channel {channel}: {width}")
    known = {"channel": f"{network}/{channel}"}
    rows = database.read("view/channel_classes", **known)
    neighbours = [
        (row["above"], ChannelNeighbour(
            Channel(row["layer"], row["index"]), row["classes"], row["images"], tuple(row["names"])
        ))
        for row in database.read("view/channel_neighbours", **known)
    ]  # fmt: skip
    return ChannelAcrossClasses(
        channel,
        layer.branch_of(channel.index),
        tuple(
            ChannelInClass(row["class"], row["title"], row["images"], row["count"], row["pagerank"])
            for row in rows
        ),
        tuple(neighbour for above, neighbour in neighbours if not above),
        tuple(neighbour for above, neighbour in neighbours if above),
    )
