"""``/find``: classes and channels by a word, as the command ``find``."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from explorer.address import link, plain, select, selected
from explorer.components import show_gallery
from explorer.database import KEPT_SECONDS, opened
from explorer.downloads import show_rest
from explorer.frame import PAGES, open_page
from explorer.gallery import channel_item, channel_url_prefix
from explorer.groups import text_of
from explorer.scene import Scene
from summit_graph.display.page_data import GalleryContent, GalleryItem
from summit_graph.display.wording import counted, more_than_shown
from summit_graph.errors import UsageError
from summit_graph.records import Channel
from summit_graph.views.channel_labels import read_label_state
from summit_graph.views.finding import Found, find

#: Classes shown as links, and channels shown with pictures; the downloads have all.
CLASSES, CHANNELS = 60, 60


def show(scene: Scene) -> None:
    """Draw the search field and what it finds."""
    word = _ask()
    if not word:
        st.info(
            "Finds classes by their names, synonyms, WordNet ids and the concepts above them, such as dog, "
            "and channels by their labels. Similar spellings are found, too."
        )
        return
    try:
        found = _find(scene.network.name, word, scene.version)
    except UsageError as error:
        st.caption(plain(error))
        return
    _show_classes(scene, word, [one for one in found if one.kind == "class"])
    _show_channels(scene, [one for one in found if one.kind == "channel"])
    rows = [asdict(one) for one in found]
    show_rest(f"{scene.network.name}-found", rows=rows, queries=("view/classes", "view/channel_labels"))


def _ask() -> str:
    st.session_state["word"] = selected("q") or ""
    word = st.text_input(
        "Search classes and channels",
        key="word",
        placeholder="Search classes and channels",
        label_visibility="collapsed",
        width=480,
        on_change=lambda: select(q=st.session_state["word"].strip() or None),
    )
    return word.strip()


@st.cache_data(max_entries=32, ttl=KEPT_SECONDS, show_spinner="Searching …")
def _find(network: str, word: str, version: str) -> list[Found]:
    return find(opened().database, network, word)


def _show_classes(scene: Scene, word: str, found: list[Found]) -> None:
    st.subheader(counted(len(found), "class", "classes"))
    if not found:
        st.caption("No class has this name, and none is below such a concept.")
        return
    if 1 < len(found) < len(scene.classes):
        target = link(group=word, members=text_of([one.name for one in found]))
        label = f"Typical of **{plain(word)}** →"
        about = "The channels and motifs that are typical of these classes"
        st.page_link(PAGES["group"], label=label, help=about, width="content", query_params=target)
    with st.container(horizontal=True, gap="small"):
        for one in found[:CLASSES]:
            st.page_link(
                PAGES["graph"],
                label=plain(one.text or one.name),
                help=f"By {one.by}: {plain(one.matched)}",
                width="content",
                query_params=link(class_=one.name),
            )
    if more := more_than_shown(len(found), CLASSES, "the downloads have all"):
        st.caption(more)


def _show_channels(scene: Scene, found: list[Found]) -> None:
    st.subheader(counted(len(found), "channel", "channels"))
    if not found:
        if read_label_state(scene.database, scene.network.name) is None:
            st.caption("The channels are not labelled yet. This labels them:")
            st.code(f"summit-graph label --network {scene.network.name}", language="bash")
        return
    content: GalleryContent = {
        "file": None,
        "heading": "",
        "groups": [
            {
                "title": None,
                "hint": None,
                "items": [_item(scene, one) for one in found[:CHANNELS]],
                "side": 92,
                "more": more_than_shown(len(found), CHANNELS, "the downloads have all"),
            }
        ],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="found")
    if result.open:
        open_page("channel", channel=result.open)


def _item(scene: Scene, one: Found) -> GalleryItem:
    reason = [] if one.matched == one.text else [f"{one.by}: {one.matched}"]
    return channel_item(scene.network.name, Channel.parse(one.name), reason)
