"""``/channel``: one channel across all classes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.address import link, plain, select, selected
from explorer.components import show_gallery
from explorer.database import KEPT_SECONDS, opened
from explorer.downloads import show_rest
from explorer.files import pictures_of
from explorer.frame import PAGES, what_is_missing
from explorer.gallery import address_of, channel_item, channel_url_prefix, example_of, name_of, plain_item
from explorer.labels import labels_of
from explorer.scene import Scene, width_for
from summit_graph.defaults import EXAMPLES
from summit_graph.display.page_data import GalleryContent, GalleryGroup, GalleryItem
from summit_graph.display.wording import counted, describe_label, more_than_shown
from summit_graph.pictures.index import MAIN_KIND, Pictures
from summit_graph.records import Channel
from summit_graph.views.channels import (
    ChannelAcrossClasses,
    ChannelInClass,
    ChannelNeighbour,
    read_channel,
)
from summit_graph.views.questions import answer_question

#: Maximum number of neighbours and classes shown as links; the table has all.
SHOWN = 8
#: Channels shown where none is chosen.
INDEX = 40
_COLUMNS = {
    "count": st.column_config.NumberColumn(
        "images",
        format="localized",
        help="Aggregated activation A (paper 5.1): images of the class in which it is a top channel",
    ),
    "share": st.column_config.ProgressColumn(
        "of its images", format="%.0f %%", min_value=0, max_value=100, help="The same as a share of the class"
    ),
    "lift": st.column_config.NumberColumn(
        "specificity",
        format="%.1f ×",
        help="How many times as often as in the images of all other classes (lift); Infinity: only here",
    ),
    "q": st.column_config.NumberColumn(
        format="%.2g",
        help="False discovery rate of Fisher's exact test over all classes: below 0.05 the channel is "
        "specific to the class, near 1 it is not",
    ),
    "pagerank": st.column_config.NumberColumn(
        "PageRank",
        format="%.2g",
        help="Its share of the network's total score (paper 5.3); empty: not in the attribution graph",
    ),
}


def show(scene: Scene) -> None:
    """Draw the channel in the URL, or the choice of one."""
    _choose(scene)
    text = selected("channel")
    if text is None:
        st.info("Choose a layer and a channel, or click one in a class's graph.")
        _show_index(scene)
        return
    found = _read(scene.network.name, str(Channel.parse(text)), scene.version)
    about, classes = st.columns([2, 3], gap="large")
    with about:
        _show_pictures(scene, found)
    with classes:
        _show_classes(scene, found)
    show_rest(
        _file_of(scene, found),
        rows=[_row(one) for one in found.classes],
        influences=_influences(found),
        queries=("view/channel_classes", "view/channel_neighbours"),
    )


def _show_index(scene: Scene) -> None:
    """The channels that are in the most attribution graphs, to start with."""
    found = _read_most_used(scene.network.name, scene.version)
    items = [
        channel_item(scene.network.name, channel, [counted(number, "class", "classes")])
        for channel, number in found
    ]
    if not items:
        return
    group: GalleryGroup = {
        "title": "Channels in the most attribution graphs",
        "hint": None,
        "items": items,
        "side": 92,
        "more": None,
    }
    content: GalleryContent = {
        "file": None,
        "heading": "",
        "groups": [group],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="most used")
    if result.open:
        select(channel=str(Channel.parse(result.open)))
        st.rerun()


@st.cache_data(max_entries=8, ttl=KEPT_SECONDS, show_spinner=False)
def _read_most_used(network: str, version: str) -> list[tuple[Channel, int]]:
    given = {"limit": str(INDEX)}
    rows = answer_question(opened().database, "most_used_channels", given, network=network)
    return [(Channel.parse(one["channel"]), one["classes"]) for one in rows]


def _file_of(scene: Scene, found: ChannelAcrossClasses) -> str:
    return f"{scene.network.name}-{found.channel.layer}-{found.channel.index}"


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner="Reading the channel in all classes …")
def _read(network: str, channel: str, version: str) -> ChannelAcrossClasses:
    return read_channel(opened().database, network, Channel.parse(channel))


def _choose(scene: Scene) -> None:
    layers = {layer.name: layer.channels for layer in scene.layers}
    layer, _, index = (selected("channel") or "").rpartition("/")
    known = layer in layers and index.isdecimal() and int(index) < layers[layer]
    st.session_state["layer"] = layer if known else next(iter(layers))
    most = layers[st.session_state["layer"]] - 1
    st.session_state["index"] = int(index) if known else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Layer", list(layers), key="layer", width=width_for(scene.layers), on_change=_go, args=(layers,)
        )
        st.number_input("Channel", 0, most, key="index", width=150, on_change=_go, args=(layers,))


def _go(layers: dict[str, int]) -> None:
    layer = st.session_state["layer"]
    select(channel=f"{layer}/{min(st.session_state['index'], layers[layer] - 1)}")


def _show_pictures(scene: Scene, found: ChannelAcrossClasses) -> None:
    channel = found.channel
    st.header(name_of(channel))
    branch = f"from the layer's {found.branch} branch · " if found.branch else ""
    graphs = f"{len(_selecting(found)):,} of {counted(len(scene.classes), 'class', 'classes')}"
    st.caption(f"{branch}in the attribution graphs of {graphs}")
    if label := labels_of(scene.network.name).get(channel):
        st.markdown(f"**{plain(label.shown)}**", help=plain(describe_label(label)))
    pictures = pictures_of(scene.network.name)
    content: GalleryContent = {
        "file": _file_of(scene, found),
        "heading": f"Channel {name_of(channel)} of {scene.network.name}",
        "groups": [*_faces(scene, channel, pictures), *_neighbours(scene, found)],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="channel")
    if result.open:
        select(channel=str(Channel.parse(result.open)))
        st.rerun()
    if missing := what_is_missing(scene, pictures):
        st.caption(missing)


def _faces(scene: Scene, channel: Channel, pictures: Pictures) -> list[GalleryGroup]:
    network = scene.network.name
    kinds = [MAIN_KIND, *pictures.diversity_kinds(channel)]
    faces = [
        plain_item(address_of(network, channel, kind), f"Feature visualization of {channel}")
        for kind in kinds
    ]
    ranks = range(min(EXAMPLES, len(pictures.examples_of(channel))))
    patches = [plain_item(example_of(network, channel, rank), f"Example {rank + 1}") for rank in ranks]
    shown: GalleryGroup = {
        "title": "Feature visualizations",
        "hint": "Images optimized to activate it",
        "items": faces,
        "side": 140,
        "more": None,
    }
    real: GalleryGroup = {
        "title": "Top-activating patches",
        "hint": "Dataset examples",
        "items": patches,
        "side": 80,
        "more": None,
    }
    return [shown, real] if patches else [shown]


def _neighbours(scene: Scene, found: ChannelAcrossClasses) -> list[GalleryGroup]:
    sides = (
        ("Influenced by", found.before, "No channel influences it in any class's attribution graph."),
        ("Influences", found.after, "It influences no channel in any class's attribution graph."),
    )
    return [
        {
            "title": f"{title} ({len(neighbours)})",
            "hint": "With the number of attribution graphs that contain it" if neighbours else nothing,
            "items": [_neighbour(scene, one) for one in neighbours[:SHOWN]],
            "side": 64,
            "more": more_than_shown(len(neighbours), SHOWN, "Influences as CSV has all"),
        }
        for title, neighbours, nothing in sides
    ]


def _neighbour(scene: Scene, one: ChannelNeighbour) -> GalleryItem:
    captions = [counted(one.classes, "class", "classes"), counted(one.images, "image", "images")]
    return channel_item(scene.network.name, one.channel, captions)


def _show_classes(scene: Scene, found: ChannelAcrossClasses) -> None:
    selecting = _selecting(found)
    graphs = f"In the graphs of {counted(len(selecting), 'class', 'classes')}"
    st.header(graphs if selecting else "Classes that activate it")
    if not found.classes:
        st.caption("It is in no class's attribution graph, and no class has it as a top channel.")
        return
    shown = pd.DataFrame([_row(one) for one in found.classes])
    if "share" in shown:
        shown["share"] *= 100
    st.dataframe(
        shown,
        hide_index=True,
        column_config=_COLUMNS,
        placeholder="",
    )
    if found.classes[0].q is None:
        st.caption(
            "Its specificity is unknown: that requires the counts of all channels in at least two classes. "
            "Imported attribution graphs do not have them."
        )
    if selecting:
        _show_links(selecting, str(found.channel))


def _show_links(selecting: list[ChannelInClass], channel: str) -> None:
    st.subheader("See it in a class")
    with st.container(horizontal=True):
        for one in selecting[:SHOWN]:
            target = link(class_=one.name, channel=channel)
            st.page_link(PAGES["graph"], label=plain(one.title), query_params=target, width="content")
    if more := more_than_shown(len(selecting), SHOWN, "the table has all"):
        st.caption(more)


def _influences(found: ChannelAcrossClasses) -> list[dict[str, str | int]]:
    channel = str(found.channel)
    ends = [(str(one.channel), channel, one) for one in found.before]
    ends += [(channel, str(one.channel), one) for one in found.after]
    return [
        {"previous": lower, "channel": upper, "classes": one.classes, "images": one.images}
        for lower, upper, one in ends
    ]


def _row(one: ChannelInClass) -> dict[str, str | int | float | None]:
    row: dict[str, str | int | float | None] = {"class": one.name, "title": one.title, "count": one.count}
    if one.images:
        row["share"] = one.count / one.images
    if one.q is not None:
        row |= {"lift": one.lift, "q": one.q}
    return row | {"pagerank": one.pagerank}


def _selecting(found: ChannelAcrossClasses) -> list[ChannelInClass]:
    return [one for one in found.classes if one.pagerank is not None]
