"""The labels of a network's channels (``summit-graph label``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neo4j import Record

from summit_graph.channel_labels.files import alternatives_of
from summit_graph.records import Channel, ChannelLabel, Labelling
from summit_graph.store.connection import Database


@dataclass(frozen=True, slots=True)
class LabelState:
    """How a network's channels were labelled; ``current`` is False if its classes changed since."""

    labelling: Labelling
    current: bool


def read_labels(
    database: Database, network: str, channels: Iterable[Channel] | None = None
) -> dict[Channel, ChannelLabel]:
    """The labels of a network's channels, or of some, by layer and index; others have none."""
    if channels is None:
        rows = database.read("view/channel_labels", network=network, layer=None)
    else:
        ids = [f"{network}/{channel}" for channel in channels]
        rows = database.read("view/labels_of_channels", channels=ids)
    found = ((Channel(row["layer"], row["index"]), label_of_row(row)) for row in rows)
    return {channel: label for channel, label in found if label}


def read_label_texts(database: Database, network: str, channels: Iterable[Channel]) -> dict[Channel, str]:
    """The texts of the labels of some channels; a channel without a text is missing."""
    labels = read_labels(database, network, channels)
    return {channel: label.text for channel, label in labels.items() if label.text is not None}


def read_label_state(database: Database, network: str) -> LabelState | None:
    """How the network was labelled; None if it is not."""
    rows = database.read("view/labelling", network=network)
    if not rows:
        return None
    row = rows[0]
    labelling = Labelling(tuple(row["sources"]), row["classes"], row["newest"], row["concepts"])
    return LabelState(labelling, row["current"])


def label_of_row(row: Record) -> ChannelLabel | None:
    """The label of a row with the columns label, label_score, label_source and label_alternatives."""
    if row["label_source"] is None:
        return None
    alternatives = alternatives_of(row["label_alternatives"])
    return ChannelLabel(row["label"], row["label_score"], row["label_source"], alternatives)
