"""Writes the labels of a network's channels (SPEC 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from neo4j import ManagedTransaction

from summit_graph.channel_labels.files import alternatives_text
from summit_graph.records import Channel, ChannelLabel, Labelling
from summit_graph.settings import WritingSettings
from summit_graph.store.connection import Database, run
from summit_graph.store.replacing import replace_in_network


def write_labels(
    database: Database,
    network: str,
    labels: Mapping[Channel, ChannelLabel],
    labelling: Labelling,
    *,
    created: str | None = None,
) -> None:
    """Replace all labels of a network's channels, in one transaction.

    Args:
        labels: channels that are missing here have no label afterwards.
        labelling: how the labels were made, and from which classes.
        created: creation time of the network that was labelled; None for any network with the name.

    Raises:
        UnknownNameError: that network was removed.
    """
    rows = [_row(network, channel, label) for channel, label in labels.items()]
    size = WritingSettings().batch

    def write(transaction: ManagedTransaction) -> None:
        run(transaction, "load/clear_labels", network=network)
        for start in range(0, len(rows), size):
            run(transaction, "load/write_labels", labels=rows[start : start + size])
        run(transaction, "load/mark_labelled", network=network, labelling=asdict(labelling))

    work = "its channels were labelled: label them again"
    replace_in_network(database, network, write, created=created, work=work)


def _row(network: str, channel: Channel, label: ChannelLabel) -> dict[str, Any]:
    return {
        "id": f"{network}/{channel}",
        "label": label.text,
        "score": label.score,
        "source": label.source,
        "alternatives": alternatives_text(label),
    }
