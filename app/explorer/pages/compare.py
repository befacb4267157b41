"""``/compare``: the union of several classes' attribution graphs, distinguished by colour and shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from explorer.address import plain, select
from explorer.class_choice import choose_classes
from explorer.components import show_chart, show_gallery
from explorer.database import KEPT_SECONDS, opened
from explorer.downloads import show_rest
from explorer.files import pictures_of
from explorer.frame import SUGGESTED, open_page, suggest, what_is_missing, worth_seeing
from explorer.gallery import address_of, channel_url_prefix, channel_with_examples
from explorer.labels import label_text, labels_of
from explorer.pages.graph import show_and_follow
from explorer.scene import Scene, label_of
from explorer.similarity import nearest_to
from summit_graph.analysis.shares import percent
from summit_graph.display.graph_data import comparison_content, file_of, layer_chart, part_of
from summit_graph.display.page_data import GalleryContent, GalleryGroup
from summit_graph.records import ClassSummary
from summit_graph.views.comparison import Comparison, read_comparison

#: Channels of each class that it has more often.
SHOWN_MORE = 5


def show(scene: Scene) -> None:
    """Draw the choice of classes and their comparison."""
    _choose(scene)
    if len(scene.chosen) < 2:
        _suggest(scene)
        return
    names = scene.chosen
    comparison = _read(scene.network.name, names, scene.version)
    pictures = pictures_of(scene.network.name)
    labels = zip(comparison.classes, comparison.labels(), strict=True)
    summaries = [replace(scene.summary(name), title=label) for name, label in labels]
    content = comparison_content(
        comparison,
        summaries=summaries,
        layers=scene.layers,
        pictures=pictures,
        labels=labels_of(scene.network.name),
    )
    known = {str(one.channel) for one in comparison.channels}
    show_and_follow(scene, content, known=known, key="comparison")
    if missing := what_is_missing(scene, pictures):
        st.caption(missing)
    _show_more(comparison, summaries)
    _show_layers(comparison, summaries)
    _show_table(comparison, summaries)


def _choose(scene: Scene) -> None:
    choose_classes(
        scene,
        "Classes to compare",
        scene.chosen,
        lambda names: select(class_=names or None, channel=None),
        key="classes",
        placeholder="Choose two or more classes",
    )


def _suggest(scene: Scene) -> None:
    if not scene.chosen:
        st.info("Choose two or more classes to see what they share and how they differ. For example:")
        suggest(scene, worth_seeing(scene)[:SUGGESTED])
        return
    name = scene.chosen[0]
    title = plain(label_of(scene, name))
    st.info(f"Choose another class to compare **{title}** with. The most similar ones are:")
    suggest(scene, nearest_to(scene, name, limit=SUGGESTED))


@st.cache_resource(max_entries=16, ttl=KEPT_SECONDS, show_spinner="Comparing …")
def _read(network: str, names: tuple[str, ...], version: str) -> Comparison:
    return read_comparison(opened().database, network, names)


def _show_more(comparison: Comparison, summaries: Sequence[ClassSummary]) -> None:
    """The channels that one of two classes has more often, with examples."""
    groups = [group for summary in summaries for group in _rows_of(comparison, summary)]
    if not groups:
        return
    st.subheader(
        "More often in one of the classes",
        help="Of all channels, those that are top channels in a larger share of its images, by the "
        "difference in standard errors; with dataset examples of the channel.",
    )
    content: GalleryContent = {
        "file": f"{file_of(comparison)}-more",
        "heading": "More often in one of the classes",
        "groups": groups,
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key="more often")
    if result.open:
        open_page("channel", channel=result.open)


def _rows_of(comparison: Comparison, summary: ClassSummary) -> list[GalleryGroup]:
    """A row for each channel, the first with the class's title."""
    own = [one for one in comparison.more if one.class_ == summary.name][:SHOWN_MORE]
    pictures = pictures_of(comparison.network)
    rows = []
    for at, one in enumerate(own):
        captions = [f"{percent(one.share)} of its images", f"{percent(one.other_share)} of the other's"]
        items = channel_with_examples(comparison.network, one.channel, captions, pictures=pictures)
        title = None if at else summary.title
        rows.append(GalleryGroup(title=title, hint=None, side=80, items=items, more=None))
    return rows


def _show_layers(comparison: Comparison, summaries: Sequence[ClassSummary]) -> None:
    st.subheader(
        "Similarity by layer",
        help="Jaccard: number of channels in all graphs divided by the number in any graph. "
        "Cosine: similarity of the classes' rows of activation counts A, the mean over pairs.",
    )
    show_chart(layer_chart(comparison, summaries), key="layers")
    if all(one.cosine is None for one in comparison.layers):
        st.caption("This network has only attribution graphs: the cosine of all activations is unknown.")


def _show_table(comparison: Comparison, summaries: Sequence[ClassSummary]) -> None:
    rows = [
        {
            "channel": str(one.channel),
            "label": label_text(comparison.network, one.channel),
            "layer": one.channel.layer,
            "in": part_of(comparison, one),
            **{f"images of {name}": one.counts.get(name) for name in comparison.classes},
        }
        for one in comparison.channels
    ]
    st.subheader("All channels")
    titles = {summary.name: summary.title for summary in summaries}
    shown = pd.DataFrame(rows).replace(
        {"in": {f"only {name}": f"only {one}" for name, one in titles.items()}}
    )
    pictures = [address_of(comparison.network, one.channel) for one in comparison.channels]
    shown.insert(0, "picture", pictures)
    labels: dict[str, Any] = {f"images of {name}": f"images of {one}" for name, one in titles.items()}
    labels["picture"] = st.column_config.ImageColumn("", width="small")
    st.dataframe(shown, hide_index=True, height=320, row_height=44, column_config=labels, placeholder="")
    name = file_of(comparison)
    queries = [f"view/compared_{what}" for what in ("channels", "influences", "layers")]
    show_rest(
        name,
        rows=rows,
        influences=[
            {"previous": str(one.previous), "channel": str(one.channel), "in": part_of(comparison, one)}
            | {f"images of {name}": one.counts.get(name) for name in comparison.classes}
            for one in comparison.edges
        ],
        queries=[*queries, "view/activation_cosines"],
        json_text=lambda: json.dumps(comparison.to_json(), ensure_ascii=False),
    )
