"""``/group``: the channels and motifs that are typical of a group of classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isfinite
from typing import Any

import pandas as pd
import streamlit as st

from explorer.address import plain, select, selected
from explorer.class_choice import choose_classes
from explorer.components import show_gallery, show_motifs
from explorer.database import KEPT_SECONDS, opened
from explorer.downloads import show_rest
from explorer.filters import ANY_LAYER, MOST_Q, choose_filter, choose_significant
from explorer.frame import open_page, show_when_opened
from explorer.gallery import channel_item, channel_url_prefix, name_of
from explorer.groups import Group, communities_of, community_title, read_group, select_group
from explorer.labels import label_text, labels_of
from explorer.motif_list import MOTIF_CLASSES, show_motif_in_classes
from explorer.scene import Scene, width_for
from summit_graph.analysis.motifs import (
    SHAPES,
    GraphSet,
    MinedMotifs,
    TypicalChannel,
    mine_motifs,
    select_typical_channels,
    select_typical_motifs,
)
from summit_graph.defaults import LOWEST_SUPPORT
from summit_graph.display.motif_data import motifs_content
from summit_graph.display.page_data import GalleryContent, GalleryItem, InGroup
from summit_graph.display.wording import counted, lift_text, more_than_shown, significant
from summit_graph.errors import DatabaseError
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.motifs import StoredMotif, motif_id

#: Channels with pictures, rows of the table, and motifs shown; the command lists all.
PICTURED, ROWS, MOTIFS = 40, 400, 120
#: Communities offered where no group is chosen.
OFFERED = 8
CHANNEL = "channel"
TERMS = (
    "A channel or motif is typical of a group if more of the group's graphs contain it than the graphs of "
    "the other classes. Lift: the share of the group's classes that have it over the share of the others. "
    "q: the false discovery rate of Fisher's exact test over all channels, or all motifs of the shape."
)
Found = list[tuple[StoredMotif, InGroup, tuple[str, ...]]]


def show(scene: Scene) -> None:
    """Draw what is typical of the group in the URL, or the choice of a group."""
    group = read_group(scene)
    if group is None:
        _offer(scene)
        return
    _show_heading(scene, group)
    if len(group.members) == len(scene.classes):
        st.info("The group has all classes. Remove some: a group is compared with the other classes.")
        return
    shape = _choose_shape(scene)
    layer = selected("with") if selected("with") in {one.name for one in scene.layers} else None
    if shape == CHANNEL:
        _show_channels(scene, group, layer)
    else:
        _show_motifs(scene, group, shape, layer)


def _offer(scene: Scene) -> None:
    st.info(
        "Choose the classes of a group here, or in the overview: draw around dots with the lasso, search, or "
        "select a community. The page then shows the channels and motifs that are typical of the group."
    )
    _choose_members(scene, ())
    try:
        communities = communities_of(scene.network.name, scene.version)
    except DatabaseError:
        return  # a server without Graph Data Science: groups are still chosen by hand
    st.caption("Communities of similar classes (Leiden):")
    with st.container(horizontal=True):
        for names in communities[:OFFERED]:
            title = community_title(scene, names)
            label = f"{plain(title)} ({len(names)})"
            st.button(label, key=f"community {names[0]}", on_click=select_group, args=(scene, names, title))


def _show_heading(scene: Scene, group: Group) -> None:
    st.subheader(f"Typical of {plain(group.name)}", help=TERMS)
    number, others = len(group.members), len(scene.classes) - len(group.members)
    st.caption(f"{counted(number, 'class', 'classes')} compared with the {others:,} others")
    title = f"The group: {counted(number, 'class', 'classes')}"
    show_when_opened(title, partial(_show_group, scene, group), key="the group")


def _show_group(scene: Scene, group: Group) -> None:
    _choose_name(group)
    _choose_members(scene, group.members)
    st.caption("The same in the terminal, with the classes from a file, one per line:")
    name = scene.network.name
    st.code(f"summit-graph motifs --group FILE --shape channel --network {name}", language="bash")
    text = "\n".join(group.members)
    st.download_button("Classes as text", text, f"{name}-group.txt", "text/plain", on_click="ignore")


def _choose_name(group: Group) -> None:
    st.session_state["group name"] = group.name
    st.text_input(
        "Name",
        key="group name",
        width=320,
        on_change=lambda: select(group=st.session_state["group name"].strip() or None),
    )


def _choose_members(scene: Scene, members: Sequence[str]) -> None:
    name = selected("group") or ""
    choose_classes(
        scene,
        "Classes of the group",
        members,
        lambda names: select_group(scene, names, name),
        key="members",
        labelled=True,
    )


def _choose_shape(scene: Scene) -> str:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shape = choose_filter("Typical", "shape", [CHANNEL, *SHAPES], 150)
        layers = [ANY_LAYER, *(one.name for one in scene.layers)]
        choose_filter("With a channel of", "with", layers, width_for(scene.layers))
        choose_significant("Only what is more frequent in the group than chance explains")
    return shape


def _is_shown(q: float) -> bool:
    return selected("significant") != "yes" or q <= MOST_Q


@st.cache_resource(max_entries=2, ttl=KEPT_SECONDS, show_spinner="Reading the attribution graphs …")
def _graphs(network: str, version: str) -> GraphSet:
    return read_graph_set(opened().database, network)


@st.cache_resource(max_entries=4, ttl=KEPT_SECONDS, show_spinner="Mining motifs …")
def _mined(network: str, version: str, shape: str) -> MinedMotifs:
    return mine_motifs(_graphs(network, version), shape=shape, rewirings=0)


def _show_channels(scene: Scene, group: Group, layer: str | None) -> None:
    graphs = _graphs(scene.network.name, scene.version)
    found = select_typical_channels(graphs, group.members, min_support=1, layer=layer, limit=ROWS)
    shown = [one for one in found if one.counts.inside and _is_shown(one.counts.q)]
    if not shown:
        st.caption("No channel of the group's graphs matches the filters.")
        return
    content: GalleryContent = {
        "file": f"{scene.network.name}-{group.name}",
        "heading": f"Channels typical of {group.name}",
        "groups": [
            {
                "title": "Channels",
                "hint": "By Fisher's exact test, the most typical first",
                "side": 92,
                "items": [_item(scene, group, one) for one in shown[:PICTURED]],
                "more": more_than_shown(len(shown), PICTURED, "the table has them"),
            }
        ],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="typical channels")
    if result.open:
        open_page("channel", channel=result.open)
    rows = [_row(scene.network.name, one) for one in shown]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=320, placeholder="")
    show_rest(f"{scene.network.name}-group", rows=rows, queries=("view/selected_channels",))


def _item(scene: Scene, group: Group, one: TypicalChannel) -> GalleryItem:
    counts = one.counts
    others = len(scene.classes) - len(group.members)
    captions = [
        f"{counts.inside:,} of {len(group.members):,}",
        f"{counts.outside:,} of {others:,} others",
        lift_text(counts.lift),
        f"q {significant(counts.q)}",
    ]
    return channel_item(scene.network.name, one.channel, captions)


def _row(network: str, one: TypicalChannel) -> dict[str, Any]:
    return {
        "channel": str(one.channel),
        "label": label_text(network, one.channel),
        "in the group": one.counts.inside,
        "in others": one.counts.outside,
        "lift": one.counts.lift,
        "q": one.counts.q,
    }


def _show_motifs(scene: Scene, group: Group, shape: str, layer: str | None) -> None:
    found = _find_motifs(scene, group, shape, layer)
    if not found:
        st.caption(f"No {shape} of {LOWEST_SUPPORT} or more classes matches the filters.")
        return
    held = {motif.id: (motif, classes) for motif, _, classes in found}
    chosen = selected("motif")
    if chosen in held:
        _show_classes(scene, group, *held[chosen])

    def choose(motif: str) -> None:
        if motif in held:
            select(motif=None if selected("motif") == motif else motif)

    content = motifs_content(
        scene.network.name,
        [(motif.id, motif) for motif, _, _ in found],
        chosen=chosen,
        groups={motif.id: counts for motif, counts, _ in found},
        labels=labels_of(scene.network.name),
    )
    content["heading"] = f"Motifs typical of {group.name}"
    show_motifs(content, key="typical motifs", on_motif=choose)
    rows = [
        {"motif": " ".join(map(str, motif.channels)), **counts, "q": motif.q} for motif, counts, _ in found
    ]
    show_rest(f"{scene.network.name}-group-{shape}", rows=rows, queries=("view/selected_influences",))


def _find_motifs(scene: Scene, group: Group, shape: str, layer: str | None) -> Found:
    network = scene.network.name
    mined = _mined(network, scene.version, shape)
    size, others = len(group.members), len(scene.classes) - len(group.members)
    selection = select_typical_motifs(
        mined, group.members, min_support=LOWEST_SUPPORT, layer=layer, limit=MOTIFS
    )
    found: Found = []
    for motif, counts in selection:
        if not counts.inside or not _is_shown(counts.q):
            continue
        name = motif_id(network, shape, motif.channels)
        stored = StoredMotif(name, shape, motif.channels, motif.support, None, None, counts.p, counts.q)
        in_group: InGroup = {
            "inside": counts.inside,
            "size": size,
            "outside": counts.outside,
            "others": others,
            "lift": counts.lift if isfinite(counts.lift) else None,
        }
        found.append((stored, in_group, motif.classes))
    return found


def _show_classes(scene: Scene, group: Group, motif: StoredMotif, classes: Sequence[str]) -> None:
    members = [name for name in classes if name in group.members]
    names = plain(", ".join(map(name_of, motif.channels)))
    with st.container(border=True, key=MOTIF_CLASSES):
        st.markdown(f"**{names}** is in the graphs of {len(members)} classes of the group. See it there:")
        show_motif_in_classes(scene, motif.id, members)
