"""``/``: all classes of a network, as dots layer by layer and as a list."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.address import link, plain, select, selected
from explorer.components import show_overview
from explorer.database import opened
from explorer.frame import PAGES, label_of
from explorer.keeping import show_rest
from explorer.scene import Scene
from summit_graph.views.opening import Network
from summit_graph.views.overview import (
    ActivationRows,
    measure_similarities,
    read_activation_rows,
    read_positions,
)


def show(scene: Scene) -> None:
    """The network's header, its classes, and what one can do with the chosen one."""
    _show_summary(scene.network, scene)
    told = show_overview(_data(scene), key="overview")
    known = {summary.name for summary in scene.classes}
    if told.chosen in known:
        select(class_=told.chosen)
        st.rerun()
    if told.layer in {layer.name for layer in scene.layers}:
        select(layer=told.layer)
    _show_rest(scene)


def _show_summary(network: Network, scene: Scene) -> None:
    parameters = network.parameters
    told = [f"model **{plain(network.model)}**", f"dataset **{plain(network.dataset)}**"]
    told += [f"**{network.classes:,}** classes"] + (
        [f"**{network.images:,}** images"] if network.images else []
    )
    if parameters is None:
        told.append("attribution graphs alone (imported)")
    elif parameters.mass is not None:
        told.append(f"top channels hold **{parameters.mass:.0%}** of a layer's activation")
    else:
        told.append(f"**{parameters.top_activations}** top channels a layer")
    if parameters is not None:
        told.append(f"**{parameters.top_influences}** top influences")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(" · ".join(told), width="content")
        if scene.chosen:
            st.space("stretch")
            _show_ways_on(scene)


def _show_ways_on(scene: Scene) -> None:
    title = plain(label_of(scene, scene.chosen[0]))
    st.page_link(
        PAGES["graph"], label=f"Graph of **{title}** →", width="content", query_params=link(layer=None)
    )
    st.page_link(PAGES["compare"], label="Compare it →", width="content", query_params=link(layer=None))


def _data(scene: Scene) -> dict[str, Any]:
    layers = [layer.name for layer in scene.layers]
    chosen = scene.chosen[0] if scene.chosen else None
    layer = selected("layer")
    found = _positions(scene)
    return {
        "key": f"{scene.network.name} {scene.version} {hash(str(found))}",
        "network": scene.network.name,
        "layers": layers,
        "classes": [
            {
                "name": one.name,
                "title": one.title,
                "images": one.images,
                "top1": one.top1,
                "histogram": one.histogram,
            }
            for one in scene.classes
        ],
        "positions": found,
        "note": "Near classes are alike: a picture (UMAP) of which channels fire for them.",
        "layer": layer if layer in layers else layers[-1],
        "chosen": chosen,
        "similarity": _similarity(scene, chosen) if chosen else None,
    }


def _positions(scene: Scene) -> dict[str, Any]:
    layers = [layer.name for layer in scene.layers]
    return read_positions(scene.database, scene.network.name, layers, scene.classes)


def _similarity(scene: Scene, chosen: str) -> dict[str, list[int]]:
    """In thousandths, in the order of the classes: short numbers for many classes."""
    measured = measure_similarities(_rows(scene.network.name, scene.version), chosen)
    return {
        layer: [round(1000 * cosines.get(summary.name, 0.0)) for summary in scene.classes]
        for layer, cosines in measured.items()
    }


@st.cache_resource(max_entries=2, show_spinner="Reading which channels fire for which class …")
def _rows(network: str, version: str) -> ActivationRows:
    return read_activation_rows(opened().database, network)


def _show_rest(scene: Scene) -> None:
    rows = [
        {
            "class": one.name,
            "title": one.title,
            "images": one.images,
            "right at top 1": one.top1,
            "right in top 5": one.top5,
        }
        for one in scene.classes
    ]
    show_rest(scene.network.name, rows=rows, queries=("view/classes", "view/embeddings"))
