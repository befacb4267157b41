"""Links to motifs in the graphs of classes."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.address import link, plain
from explorer.frame import PAGES, open_page

#: Classes shown as links; the others are in a select box.
CLASSES = 18
#: The key of the box with the links; it stays in view above a long list (``frame``).
MOTIF_CLASSES = "motif_classes"


def show_motif_in_classes(motif: str, titles: Mapping[str, str]) -> None:
    """Links to the graphs of the classes, with the motif highlighted."""
    classes = sorted(titles, key=lambda name: titles[name].casefold())
    with st.container(horizontal=True, gap="small"):
        for name in classes[:CLASSES]:
            target = link(class_=name, motif=motif)
            st.page_link(PAGES["graph"], label=plain(titles[name]), query_params=target, width="content")
    if len(classes) > CLASSES:
        _choose_another(motif, classes, titles)


def _choose_another(motif: str, classes: list[str], titles: Mapping[str, str]) -> None:
    name = st.selectbox(
        "Another class",
        classes,
        None,
        key=f"another {motif}",
        format_func=lambda one: titles[one],
        placeholder=f"… or in another of the {len(titles)} classes",
        label_visibility="collapsed",
        width=360,
    )
    if name:
        open_page("graph", class_=name, motif=motif)
