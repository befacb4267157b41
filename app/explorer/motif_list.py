"""Links to motifs in the graphs of classes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.address import link, plain
from explorer.class_choice import choose_class
from explorer.frame import PAGES, open_page
from explorer.scene import Scene

#: Classes shown as links; the others are in a field.
CLASSES = 18
#: The key of the box with the links; it stays in view above a long list (``frame``).
MOTIF_CLASSES = "motif_classes"


def show_motif_in_classes(scene: Scene, motif: str, names: Sequence[str]) -> None:
    """Links to the graphs of the classes, with the motif highlighted."""
    titles = {name: scene.summary(name).title for name in names}
    classes = sorted(titles, key=lambda name: titles[name].casefold())
    with st.container(horizontal=True, gap="small"):
        for name in classes[:CLASSES]:
            target = link(class_=name, motif=motif)
            st.page_link(PAGES["graph"], label=plain(titles[name]), query_params=target, width="content")
    if len(classes) > CLASSES:
        _choose_another(scene, motif, classes)


def _choose_another(scene: Scene, motif: str, classes: Sequence[str]) -> None:
    name = choose_class(
        scene,
        "Another class",
        None,
        key="another class",
        width=360,
        placeholder=f"… or in another of the {len(classes)} classes",
        only=classes,
    )
    if name:
        open_page("graph", class_=name, motif=motif)
