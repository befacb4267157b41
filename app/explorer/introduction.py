"""What a first visit reads: three sentences, a story, and the terms."""

from __future__ import annotations

import streamlit as st

from explorer.address import link, plain
from explorer.frame import PAGES
from explorer.scene import Scene

#: Classes whose comparison tells a story, if the network has them: sulphur butterfly and monarch.
STORY = ("n02281406", "n02279972")
#: Of the sentences, in pixels: the links are beside them.
WIDTH = 740
_TERMS = {
    "Channel": "one detector of a layer of the network; its picture shows what activates it most",
    "Count": "in how many of the class's images the channel is among the most active of its layer",
    "Influence": "in how many images a channel of the layer below contributes most to a channel",
    "Attribution graph": "the channels that matter most for one class, and the influences between them",
    "PageRank": "how the channels are chosen: those that the class's strongest influences lead to",
    "Motif": "a small structure that the graphs of several classes contain",
    "Embedding": "classes as dots: near dots activate similar channels of the layer",
}


def show_introduction(scene: Scene) -> None:
    """Where no class is selected yet."""
    if scene.chosen:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Every dot is a class of images; near dots activate similar channels of the network. A class's "
            "attribution graph shows the channels that matter for it and how they influence each other. "
            "Select a class to see its neighbours; double-click it to open its graph.",
            width=WIDTH,
        )
        _show_story(scene)
        with st.popover("Terms", width="content"):
            st.markdown("\n".join(f"- **{term}**: {meaning}" for term, meaning in _TERMS.items()))


def _show_story(scene: Scene) -> None:
    known = {summary.name: summary.title for summary in scene.classes}
    if all(name in known for name in STORY):
        titles = " and ".join(plain(known[name]) for name in STORY)
        st.page_link(
            PAGES["compare"],
            label=f"Example: {titles} →",
            query_params=link(class_=STORY, layer=None),
            width="content",
        )
