"""Channels as pictures: the input of the gallery component.

URLs are relative, because a proxy may serve the explorer below any path. Every page is directly below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from explorer.address import link
from explorer.labels import label_text
from summit_graph.display.page_data import GalleryItem
from summit_graph.pictures.index import Pictures
from summit_graph.records import Channel

#: Dataset examples in a row behind a channel's picture.
EXAMPLES_BESIDE = 5


def address_of(network: str, channel: Channel, kind: str = "channel") -> str:
    """The URL of a channel's picture."""
    return f"summit/pictures/{quote(network)}/{kind}/{quote(channel.layer)}/{channel.index}"


def example_of(network: str, channel: Channel, rank: int) -> str:
    """The URL of one of a channel's dataset examples."""
    return f"summit/examples/{quote(network)}/{quote(channel.layer)}/{channel.index}/{rank}"


def name_of(channel: Channel) -> str:
    """The name of a channel for display."""
    return f"{channel.layer} · {channel.index}"


def channel_item(network: str, channel: Channel, captions: Sequence[str] = ()) -> GalleryItem:
    """A picture with a link to the channel's page; its label is the first caption."""
    label = label_text(network, channel)
    return {
        "picture": address_of(network, channel),
        "alt": "",
        "name": name_of(channel),
        "captions": [*([label] if label else []), *captions],
        "channel": str(channel),
    }


def plain_item(picture: str, alt: str) -> GalleryItem:
    """A picture without a link, described by ``alt``."""
    return {"picture": picture, "alt": alt, "name": None, "captions": [], "channel": None}


def channel_with_examples(
    network: str, channel: Channel, captions: Sequence[str], *, pictures: Pictures
) -> list[GalleryItem]:
    """The channel's picture and its first examples, in a row."""
    examples = pictures.examples_of(channel)[:EXAMPLES_BESIDE]
    items = [plain_item(example_of(network, channel, rank), "") for rank in range(len(examples))]
    return [channel_item(network, channel, captions), *items]


def channel_url_prefix() -> str:
    """The address of a channel's page up to the channel's name; network and classes stay selected."""
    return f"channel?{urlencode(link(channel=''))}"
