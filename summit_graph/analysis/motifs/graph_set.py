"""The attribution graphs of many classes as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from summit_graph.analysis.statistics import Ints
from summit_graph.records import Channel, by_position

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GraphSet:
    """Several attribution graphs of one network; channels and classes are numbered in ascending order.

    Attributes:
        layers: the network's layers, from the lowest up.
        classes: class names, ascending.
        channels: all channels of the graphs, by layer from the lowest up, then by index.
        member_class, member: int64 (nodes,), class and channel of each node.
        edge_class, lower, upper: int64 (edges,), class of each edge and the channels that it connects.
    """

    layers: tuple[str, ...]
    classes: tuple[str, ...]
    channels: tuple[Channel, ...]
    member_class: Ints
    member: Ints
    edge_class: Ints
    lower: Ints
    upper: Ints

    @classmethod
    def from_rows(
        cls,
        layers: Sequence[str],
        classes: Sequence[str],
        members: Sequence[tuple[str, Channel]],
        edges: Sequence[tuple[str, Channel, Channel]],
    ) -> GraphSet:
        """From (class, channel) of each node and (class, lower channel, upper channel) of each edge.

        Args:
            layers: the network's layers, from the lowest up.
        """
        names = tuple(sorted(classes))
        channels = tuple(sorted({channel for _, channel in members}, key=by_position(layers)))
        class_at = {name: at for at, name in enumerate(names)}
        channel_at = {channel: at for at, channel in enumerate(channels)}
        return cls(
            layers=tuple(layers),
            classes=names,
            channels=channels,
            member_class=_numbers(class_at[name] for name, _ in members),
            member=_numbers(channel_at[channel] for _, channel in members),
            edge_class=_numbers(class_at[name] for name, _, _ in edges),
            lower=_numbers(channel_at[lower] for _, lower, _ in edges),
            upper=_numbers(channel_at[upper] for _, _, upper in edges),
        )

    def of_classes(self, names: Iterable[str]) -> GraphSet:
        """The graphs of some of the classes; channels keep their numbers."""
        wanted = sorted(set(names))
        rank = np.full(len(self.classes), -1)
        rank[[self.classes.index(name) for name in wanted]] = np.arange(len(wanted))
        nodes, edges = rank[self.member_class] >= 0, rank[self.edge_class] >= 0
        return GraphSet(
            layers=self.layers,
            classes=tuple(wanted),
            channels=self.channels,
            member_class=rank[self.member_class[nodes]],
            member=self.member[nodes],
            edge_class=rank[self.edge_class[edges]],
            lower=self.lower[edges],
            upper=self.upper[edges],
        )

    @property
    def layer_of(self) -> Ints:
        """Position of each channel's layer, int64 (channels,); 0 for the lowest."""
        places = {layer: place for place, layer in enumerate(self.layers)}
        return _numbers(places[channel.layer] for channel in self.channels)


def _numbers(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)


def join(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs of indices (i, j) with ``left[i] == right[j]``, sorted by i, then j.

    Args:
        left, right: int64 (n,) and (m,).

    Returns:
        The i and the j, both int64 (pairs,).
    """
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    start = np.searchsorted(ordered, left, side="left")
    size = np.searchsorted(ordered, left, side="right") - start
    first = np.repeat(np.arange(len(left)), size)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return first, order[np.repeat(start, size) + within]
