"""Influences of a class's full network that its attribution graph lacks, around some of its channels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from summit_graph.formats.subgraphs import Subgraph
from summit_graph.records import AttributionGraph, Channel, Edge, Layer, Node, missing_channel
from summit_graph.store.connection import Database
from summit_graph.views.classes import StoredClass, read_consistently
from summit_graph.views.graphs import edge_of_row, read_layers

#: Influences on each channel, and of each channel, that are added.
ADDED = 3
#: More influences than a channel has in one direction.
_ALL = 1_000_000


class Beyond(NamedTuple):
    """Channels and influences that a graph lacks."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


def read_beyond(
    database: Database,
    graph: AttributionGraph,
    channels: Sequence[Channel],
    *,
    pinned: Sequence[Channel] = (),
) -> Beyond:
    """The strongest influences on and of these channels that the graph lacks, and their other ends.

    An imported network has no other influences: what was published beside a graph names channels ambiguously.

    Args:
        pinned: channels that the graph lacks and that are added to it, with their strongest influences on and
            of its channels and each other.
    """
    if not channels and not pinned:
        return Beyond()
    name = graph.summary.name
    return read_consistently(
        database, graph.network, name, lambda one: _stored(database, graph, channels, pinned, one)
    )


def pinned_outside(graph: AttributionGraph, subgraph: Subgraph, layers: Iterable[Layer]) -> list[Channel]:
    """The pinned channels of the network that the class's graph lacks; none of an imported network."""
    if graph.parameters is None:
        return []
    known = tuple(layers)
    return [channel for channel in subgraph.outside(graph) if not missing_channel(channel, known)]


def with_pinned(database: Database, graph: AttributionGraph, subgraph: Subgraph) -> AttributionGraph:
    """The graph with all pinned channels of the network, as the explorer draws them.

    What cannot be added is said by ``Subgraph.missing_in``.
    """
    layers = read_layers(database, graph.network)
    found = read_beyond(database, graph, (), pinned=pinned_outside(graph, subgraph, layers))
    return graph.with_added(found.nodes, found.edges, layers=[layer.name for layer in layers])


def _stored(
    database: Database,
    graph: AttributionGraph,
    channels: Sequence[Channel],
    pinned: Sequence[Channel],
    stored: StoredClass,
) -> Beyond:
    most = ADDED + max(len(graph.edges), 1)
    around, counts = _read_around(database, graph.network, stored, channels, most)
    joining, own_counts = _read_around(database, graph.network, stored, pinned, _ALL)
    inside = {*pinned, *(node.channel for node in graph.nodes)}
    joining = [edge for edge in joining if inside.issuperset((edge.previous, edge.channel))]
    known = [(edge.previous, edge.channel) for edge in graph.edges]
    edges = _strongest(channels, around, known)
    edges += _strongest(pinned, joining, [*known, *((edge.previous, edge.channel) for edge in edges)])
    return Beyond(_ends(graph, edges, pinned, counts | own_counts), edges)


def _read_around(
    database: Database, network: str, stored: StoredClass, channels: Sequence[Channel], most: int
) -> tuple[list[Edge], dict[Channel, int]]:
    """The strongest influences on and of the channels, and the counts of their ends."""
    ids = [f"{network}/{channel}" for channel in channels]
    rows = database.read("view/influences_around", **{"class": stored.id, "channels": ids, "limit": most})
    counts = {Channel(row["layer"], row["index"]): row["images"] for row in rows}
    counts |= {Channel(row["previous_layer"], row["previous"]): row["previous_images"] for row in rows}
    return [edge_of_row(row) for row in rows], counts


def _strongest(
    channels: Sequence[Channel], edges: Iterable[Edge], known: Collection[tuple[Channel, Channel]]
) -> tuple[Edge, ...]:
    """Of edges by count, the first ones on and of each channel that are not known."""
    room = {(channel, above): ADDED for channel in channels for above in (False, True)}
    found: dict[tuple[Channel, Channel], Edge] = {}
    for edge in edges:
        ends = (edge.previous, edge.channel)
        if ends in known or ends in found:
            continue
        sides = [side for side in ((edge.channel, False), (edge.previous, True)) if room.get(side)]
        if sides:
            found[ends] = edge
        for side in sides:
            room[side] -= 1
    return tuple(found.values())


def _ends(
    graph: AttributionGraph, edges: Iterable[Edge], pinned: Iterable[Channel], counts: dict[Channel, int]
) -> tuple[Node, ...]:
    known = {node.channel for node in graph.nodes}
    ends = dict.fromkeys([*(end for edge in edges for end in (edge.previous, edge.channel)), *pinned])
    return tuple(Node(channel, counts.get(channel, 0), 0.0) for channel in ends if channel not in known)
