"""Channels that fire for a class and contribute little to it, below the class's graph."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.address import plain
from explorer.components import show_gallery
from explorer.database import KEPT_SECONDS, opened
from explorer.files import pictures_of
from explorer.frame import open_page, show_when_opened
from explorer.gallery import channel_url_prefix, channel_with_examples
from explorer.scene import Scene
from summit_graph.analysis.shares import percent
from summit_graph.display.page_data import GalleryContent, GalleryItem
from summit_graph.errors import SummitGraphError
from summit_graph.views.less_contributing import LessContributing, read_less_contributing

TITLE = "Channels that fire often and contribute little"
#: Number of channels shown.
SHOWN = 8


def show_less_contributing(scene: Scene, name: str) -> None:
    """A row for each channel, or why they are not known; nothing for an imported network."""
    if scene.network.parameters is not None:
        show_when_opened(TITLE, partial(_show, scene, name), key="contribute little")


def _show(scene: Scene, name: str) -> None:
    try:
        found = _read(scene.network.name, name, scene.version)
    except SummitGraphError as error:
        st.caption(plain(error))
        return
    st.caption(
        "Top channels by activation in at least half of the images, and by relevance, for or against the "
        "class, in at most 5 %: often background and context."
        if found
        else "No channel fires in at least half of the images and contributes in at most 5 %."
    )
    _show_channels(scene, found)


@st.cache_data(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _read(network: str, name: str, version: str) -> list[LessContributing]:
    return read_less_contributing(opened().database, network, name, limit=SHOWN)


def _show_channels(scene: Scene, found: list[LessContributing]) -> None:
    content: GalleryContent = {
        "file": f"{scene.network.name}-less-contributing",
        "heading": TITLE,
        "groups": [
            {"title": None, "hint": None, "items": _items(scene, one), "side": 96, "more": None}
            for one in found
        ],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="less contributing")
    if result.open:
        open_page("channel", channel=result.open)


def _items(scene: Scene, one: LessContributing) -> list[GalleryItem]:
    captions = [
        f"fires in {percent(one.fires)}",
        f"for {percent(one.supports)}, against {percent(one.opposes)}",
    ]
    pictures = pictures_of(scene.network.name)
    return channel_with_examples(scene.network.name, one.channel, captions, pictures=pictures)
