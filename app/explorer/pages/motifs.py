"""``/motifs``: structures that recur across classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import streamlit as st

from explorer.address import plain, select, selected
from explorer.components import show_motifs
from explorer.downloads import show_rest
from explorer.filters import ANY_LAYER, MOST_Q, choose_filter, choose_significant
from explorer.frame import say_no_motif
from explorer.gallery import name_of
from explorer.labels import labels_of
from explorer.motif_list import MOTIF_CLASSES, show_motif_in_classes
from explorer.scene import Scene, width_for
from summit_graph.display.motif_data import motifs_content
from summit_graph.display.wording import counted
from summit_graph.views.motifs import (
    StoredMotif,
    read_mined,
    read_motif,
    read_motif_classes,
    read_motifs,
)

#: Maximum number of motifs shown; the command lists all.
MOTIFS = 400
#: Order of the list -> its sort key; the sort is stable, and motifs come by support.
ORDERS: dict[str, Callable[[StoredMotif], float]] = {
    "support": lambda motif: -motif.support,
    "surprise (q)": lambda motif: 2.0 if motif.q is None else motif.q,
}
TERMS = (
    "A motif is a small part of an attribution graph: a chain of channels, a channel that two others "
    "influence (fan-in) or that influences two others (fan-out), or a diamond. Support: the number of "
    "classes that have it. Expected by chance: the mean number when influences are rewired at random (null "
    "model). q: the false discovery rate."
)


def show(scene: Scene) -> None:
    """Draw the motifs and the classes of the selected one."""
    found = read_motifs(scene.database, scene.network.name, limit=MOTIFS)
    st.subheader("Structures that recur across classes", help=TERMS)
    if not found:
        st.info("No motifs are stored for this network yet. This finds and stores them:")
        st.code(f"summit-graph motifs --store --network {scene.network.name}", language="bash")
        return
    if mined := read_mined(scene.database, scene.network.name):
        st.caption(
            f"Mined in {counted(mined, 'class', 'classes')}; since then classes were added, removed or "
            f"counted again. To mine again: `summit-graph motifs --store --network {scene.network.name}`"
        )
    shown = _filtered(scene, found)
    chosen = _chosen(scene)
    if chosen:
        _show_classes(scene, chosen)
    if not shown:
        st.caption(f"No motif matches the filters.{_looked_through(found)}")
        return
    known = {motif.id for motif in found}

    def choose(motif: str) -> None:
        if motif in known:
            select(motif=None if selected("motif") == motif else motif)

    content = motifs_content(
        scene.network.name,
        [(one.id, one) for one in shown],
        chosen=chosen.id if chosen else None,
        labels=labels_of(scene.network.name),
    )
    show_motifs(content, key="motifs", on_motif=choose)
    if more := _looked_through(found):
        st.caption(more)
    rows = [_row(motif) for motif in shown]
    show_rest(f"{scene.network.name}-motifs", rows=rows, queries=("view/motifs", "view/motif_classes"))


def _chosen(scene: Scene) -> StoredMotif | None:
    """The motif in the URL, even if it is not listed."""
    name = selected("motif")
    found = read_motif(scene.database, scene.network.name, name) if name else None
    if name and found is None:
        say_no_motif(scene, name)
    return found


def _filtered(scene: Scene, found: list[StoredMotif]) -> list[StoredMotif]:
    """The motifs that the filters of the URL leave, in its order."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shapes = sorted({motif.shape for motif in found})
        shape = choose_filter("Shape", "shape", ["any", *shapes], 150)
        layers = [ANY_LAYER, *(one.name for one in scene.layers)]
        layer = choose_filter("With a channel of", "with", layers, width_for(scene.layers))
        order = choose_filter("Sort by", "sort", list(ORDERS), 190)
        least = _least(found[0].support)
        real = choose_significant("Only motifs stored with statistics")
    shown = [
        motif
        for motif in found
        if shape in ("any", motif.shape)
        and (layer == ANY_LAYER or any(one.layer == layer for one in motif.channels))
        and motif.support >= least
        and (not real or (motif.q is not None and motif.q <= MOST_Q))
    ]
    return sorted(shown, key=ORDERS[order])


def _least(largest: int) -> int:
    now = selected("support") or ""
    st.session_state["motifs support"] = min(max(1, int(now)), largest) if now.isdecimal() else 1
    return st.number_input(
        "Minimum support",
        1,
        largest,
        key="motifs support",
        width=190,
        on_change=lambda: select(support=str(st.session_state["motifs support"])),
    )


def _looked_through(found: list[StoredMotif]) -> str:
    if len(found) < MOTIFS:
        return ""
    return f" The {MOTIFS} motifs with the largest support are shown; `summit-graph motifs` finds all."


def _show_classes(scene: Scene, motif: StoredMotif) -> None:
    classes = [name for name, _ in read_motif_classes(scene.database, motif.id)]
    names = ", ".join(map(name_of, motif.channels))
    with st.container(border=True, key=MOTIF_CLASSES):
        st.markdown(f"**{plain(names)}** is in the graphs of {len(classes)} classes. See it there:")
        show_motif_in_classes(scene, motif.id, classes)


def _row(motif: StoredMotif) -> dict[str, Any]:
    return asdict(motif) | {"channels": " ".join(map(str, motif.channels))}
