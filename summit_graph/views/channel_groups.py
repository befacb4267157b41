"""The groups of a network's channels (``summit-graph groups``), named by their channels' labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from neo4j import Record

from summit_graph.analysis.channel_groups import Method, Redundancy
from summit_graph.errors import SummitGraphError
from summit_graph.records import AttributionGraph, Channel, ChannelLabel, GraphGroup
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, find_network
from summit_graph.views.advice import groups_command
from summit_graph.views.channel_labels import label_of_row

#: Labels in a group's name, where no label has half of its channels.
NAMES = 2


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A channel of a group, the most similar channel of its layer, and its label."""

    alike: Redundancy
    label: ChannelLabel | None

    def to_json(self) -> dict[str, str | float | int | None]:
        """Channel, nearest, redundancy, label, and how many concepts the label has."""
        return {
            "channel": str(self.alike.channel),
            "nearest": str(self.alike.nearest),
            "redundancy": self.alike.redundancy,
            "label": self.label.text if self.label else None,
            "concepts": self.label.concepts if self.label else None,
        }


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group of channels of one layer; ``similarity`` is the mean over the pairs of its channels."""

    layer: str
    number: int
    similarity: float
    members: tuple[GroupMember, ...]

    @property
    def name(self) -> str | None:
        """The label that half of its channels have, else the two most common ones; None without labels."""
        return name_of_labels([member.label.text for member in self.members if member.label])

    @property
    def id(self) -> str:
        """Layer and number: ``mixed4c group 1``."""
        return f"{self.layer} group {self.number}"


@dataclass(frozen=True, slots=True)
class GroupState:
    """How a network's channels were grouped; ``current`` is False if its classes changed since."""

    method: Method
    classes: int
    current: bool


def name_of_labels(texts: Sequence[str | None]) -> str | None:
    """A name for channels with these labels: the one of half of them, else the two most common ones."""
    common = Counter(text for text in texts if text is not None).most_common(NAMES)
    if not common:
        return None
    if 2 * common[0][1] >= len(texts):
        return common[0][0]
    return " / ".join(text for text, _ in common)


def read_group_state(database: Database, network: str) -> GroupState | None:
    """How the network's channels were grouped; None if they were not."""
    rows = database.read("view/grouping", network=network)
    return GroupState(**dict(rows[0])) if rows else None


def read_groups(database: Database, network: str, *, layer: str | None = None) -> list[StoredGroup]:
    """The stored groups, from the lowest layer up, each layer's largest group first."""
    rows = database.read("view/group_members", network=network, layer=layer)
    found = groupby(rows, key=lambda row: (row["layer"], row["number"], row["similarity"]))
    return [StoredGroup(*key, tuple(map(_member, members))) for key, members in found]


def read_graph_groups(database: Database, graph: AttributionGraph) -> list[GraphGroup]:
    """The network's groups of which a graph has at least two channels, with these, each by its own name.

    Raises:
        SummitGraphError: the network has no groups.
    """
    groups = read_groups(database, graph.network)
    if not groups:
        raise SummitGraphError(without_groups(find_network(database, graph.network)))
    return groups_in(graph, groups)


def without_groups(network: Network) -> str:
    """That a network has no groups, and what makes them."""
    text, command = f"network {network.name} has no groups of channels", groups_command(network)
    return f"{text}: run `{command}`" if command else f"{text}: it was imported, with attribution graphs only"


def groups_in(graph: AttributionGraph, groups: Sequence[StoredGroup]) -> list[GraphGroup]:
    """The groups of which a graph has at least two channels, with these.

    A name is that of the group's labels, with layer and number where another group has the same.
    """
    own = {node.channel for node in graph.nodes}
    found = [(group, [one.alike.channel for one in group.members]) for group in groups]
    parts = [(group, tuple(one for one in channels if one in own)) for group, channels in found]
    shared = [(group, channels) for group, channels in parts if len(channels) > 1]
    names = Counter(group.name for group, _ in shared)
    return [GraphGroup(group.id, _own_name(group, names), channels) for group, channels in shared]


def _own_name(group: StoredGroup, names: Mapping[str | None, int]) -> str:
    if group.name is None:
        return group.id
    return group.name if names[group.name] == 1 else f"{group.name} ({group.id})"


def _member(row: Record) -> GroupMember:
    channel = Channel(row["layer"], row["index"])
    alike = Redundancy(channel, Channel.parse(row["nearest"]), row["redundancy"])
    return GroupMember(alike, label_of_row(row))
