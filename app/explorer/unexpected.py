"""Channels of a class's graph that the graphs of similar classes lack, below the graph on demand."""

from __future__ import annotations

import streamlit as st

from explorer.address import plain
from explorer.components import show_gallery
from explorer.database import KEPT_SECONDS, opened
from explorer.frame import open_page
from explorer.gallery import channel_item, channel_url_prefix
from explorer.scene import Scene
from summit_graph.display.page_data import GalleryContent, GalleryItem
from summit_graph.display.wording import counted
from summit_graph.errors import SummitGraphError
from summit_graph.records import Channel
from summit_graph.views.questions import answer_question

#: Channels shown, and similar classes that they are compared with.
SHOWN, NEAREST = 12, 10


def show_unexpected(scene: Scene, name: str) -> None:
    """A switch, and the channels with the number of classes that have them."""
    about = (
        "A clue to what the class's images have in common beside the object: backgrounds, people, habitats"
    )
    if not st.toggle("Show channels that similar classes lack", help=about):
        return
    try:
        found = _read(scene.network.name, name, scene.version)
    except SummitGraphError as error:
        st.caption(plain(error))
        return
    content: GalleryContent = {
        "file": f"{scene.network.name}-{name}-unexpected",
        "heading": f"Channels of {scene.summary(name).title} that similar classes lack",
        "groups": [
            {"title": None, "hint": None, "items": _items(scene, found), "side": 92, "more": None},
        ],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="unexpected")
    if result.open:
        open_page("channel", channel=result.open)


def _items(scene: Scene, found: list[tuple[Channel, int, int]]) -> list[GalleryItem]:
    return [
        channel_item(
            scene.network.name,
            channel,
            [f"in {near} of {NEAREST} similar classes", f"in {counted(every, 'class', 'classes')}"],
        )
        for channel, near, every in found
    ]


@st.cache_data(max_entries=64, ttl=KEPT_SECONDS, show_spinner="Comparing with similar classes …")
def _read(network: str, name: str, version: str) -> list[tuple[Channel, int, int]]:
    """Channel, how many of the similar classes have it, and how many of all classes."""
    given = {"class": name, "nearest": str(NEAREST), "limit": str(SHOWN)}
    rows = answer_question(opened().database, "unexpected_channels", given, network=network)
    return [(Channel.parse(one["channel"]), one["nearest_with_it"], one["classes_with_it"]) for one in rows]
