"""Stores groups of channels in the graph (SPEC 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo4j import ManagedTransaction

from summit_graph.analysis.channel_groups import ChannelGroup, Grouping, Redundancy
from summit_graph.settings import WritingSettings
from summit_graph.store.connection import Database, run
from summit_graph.store.replacing import replace_in_network


def write_groups(
    database: Database,
    network: str,
    grouping: Grouping,
    *,
    classes: Sequence[int],
    created: str | None = None,
) -> None:
    """Replace the groups of a network's channels, in one transaction.

    Args:
        classes: the ids of the classes that the channels were grouped by.
        created: creation time of the network that was read; None for any network with the name.

    Raises:
        UnknownNameError: that network was removed.
    """
    groups = [_group_row(network, group) for group in grouping.groups]
    channels = [_channel_row(network, one) for one in grouping.redundancies]
    size = WritingSettings().batch

    def write(transaction: ManagedTransaction) -> None:
        run(transaction, "load/clear_groups", network=network)
        run(transaction, "load/write_groups", groups=groups)
        for start in range(0, len(channels), size):
            run(transaction, "load/write_redundancies", channels=channels[start : start + size])
        made = {"method": grouping.method, "classes": len(classes), "newest": max(classes)}
        run(transaction, "load/mark_grouped", network=network, **made)

    work = "its channels were grouped: group them again"
    replace_in_network(database, network, write, created=created, work=work)


def _group_row(network: str, group: ChannelGroup) -> dict[str, Any]:
    return {
        "properties": {
            "id": f"{network}/{group.layer}/group/{group.number}",
            "network": network,
            "layer": group.layer,
            "number": group.number,
            "similarity": group.similarity,
        },
        "channels": [f"{network}/{channel}" for channel in group.channels],
    }


def _channel_row(network: str, one: Redundancy) -> dict[str, Any]:
    return {
        "id": f"{network}/{one.channel}",
        "nearest": str(one.nearest),
        "redundancy": one.redundancy,
    }
