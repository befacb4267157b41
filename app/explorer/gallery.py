"""Channels as pictures outside of a graph: what the gallery component takes.

Addresses are relative: behind a proxy the explorer may be at any path. Every page lies directly below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from explorer.address import link
from explorer.page_data import GalleryItem
from summit_graph.records import Channel


def address_of(network: str, channel: Channel, kind: str = "channel") -> str:
    """Where the explorer serves a channel's picture."""
    return f"summit/pictures/{quote(network)}/{kind}/{quote(channel.layer)}/{channel.index}"


def example_of(network: str, channel: Channel, rank: int) -> str:
    """Where it serves one of its dataset examples."""
    return f"summit/examples/{quote(network)}/{quote(channel.layer)}/{channel.index}/{rank}"


def name_of(channel: Channel) -> str:
    """A channel as people read it."""
    return f"{channel.layer} · {channel.index}"


def channel_item(network: str, channel: Channel, captions: Sequence[str] = ()) -> GalleryItem:
    """A picture that leads to the channel's page."""
    return {
        "picture": address_of(network, channel),
        "alt": "",
        "name": name_of(channel),
        "captions": list(captions),
        "channel": str(channel),
    }


def plain_item(picture: str, alt: str) -> GalleryItem:
    """A picture without a link, described by ``alt``."""
    return {"picture": picture, "alt": alt, "name": None, "captions": [], "channel": None}


def channel_url_prefix() -> str:
    """The address of a channel's page up to the channel's name; network and classes stay selected."""
    return f"channel?{urlencode(link(channel=''))}"
