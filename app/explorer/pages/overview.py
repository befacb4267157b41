"""``/``: all classes of a network, as dots layer by layer and as a list."""

from __future__ import annotations

import streamlit as st

from explorer.address import link, plain, select, selected
from explorer.components import show_overview
from explorer.downloads import show_rest
from explorer.frame import PAGES, say_live_demo
from explorer.introduction import show_introduction
from explorer.scene import Scene
from explorer.similarity import similarities_to
from summit_graph.display.page_data import OverviewData
from summit_graph.display.wording import counted
from summit_graph.records import Parameters
from summit_graph.views.classes import other_names
from summit_graph.views.opening import Network
from summit_graph.views.overview import read_positions

_NOTE = "UMAP of channel activations: nearby classes activate similar channels."


def show(scene: Scene) -> None:
    """Draw the network's summary, its classes, and links for the selected one."""
    _show_summary(scene.network, scene)
    show_introduction(scene)
    classes = {summary.name for summary in scene.classes}
    layers = {layer.name for layer in scene.layers}

    def choose(name: str) -> None:
        if name in classes:
            select(class_=name)

    def choose_layer(layer: str) -> None:
        if layer in layers:
            select(layer=layer)

    result = show_overview(
        _data(scene),
        key="overview",
        on_chosen=choose,
        on_layer=choose_layer,
        on_order=lambda order: select(order=order),
    )
    if result.open in classes:
        st.switch_page(PAGES["graph"], query_params=link(class_=result.open, layer=None))
    _show_rest(scene)
    if len(scene.networks) == 1:
        say_live_demo()


def _show_summary(network: Network, scene: Scene) -> None:
    parameters = network.parameters
    parts = [f"model **{plain(network.model)}**", f"first counted on **{plain(network.dataset)}**"]
    parts += [f"**{network.classes:,}** classes"] + (
        [f"**{network.images:,}** images"] if network.images else []
    )
    parts += _parameters(parameters) if parameters else ["only attribution graphs (imported)"]
    excluded = ", ".join(map(str, parameters.excluded)) if parameters else ""
    about = f"Excluded as non-semantic (paper 7.4): {excluded}" if excluded else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(" · ".join(parts), width="content", help=about)
        if scene.chosen:
            st.space("stretch")
            _show_links(scene)


def _parameters(parameters: Parameters) -> list[str]:
    if parameters.mass is not None:
        what = "relevance" if parameters.by_relevance else "activation"
        parts = [f"top channels with **{100 * parameters.mass:.3g} %** of a layer's {what}"]
    else:
        parts = [f"**{parameters.top_activations}** top channels per layer"]
    if parameters.by_relevance:
        parts.insert(0, f"counted by **{parameters.measure_text}**")
    parts.append(f"**{parameters.top_influences}** top influences")
    if parameters.excluded:
        parts.append(f"**{counted(len(parameters.excluded), 'channel', 'channels')}** excluded")
    if parameters.images_per_class is not None:
        parts.append(f"at most **{parameters.images_per_class:,}** images per class")
    if parameters.split is not None:
        parts.append(f"**{100 * parameters.split:.3g} %** of the images kept out")
    return parts


def _show_links(scene: Scene) -> None:
    title = plain(scene.summary(scene.chosen[0]).title)
    st.page_link(
        PAGES["graph"], label=f"Graph of **{title}** →", width="content", query_params=link(layer=None)
    )
    st.page_link(PAGES["compare"], label="Compare it →", width="content", query_params=link(layer=None))


def _data(scene: Scene) -> OverviewData:
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
                "names": other_names(one),
                "images": one.images,
                "top1": one.top1,
                "histogram": None if one.histogram is None else list(one.histogram),
            }
            for one in scene.classes
        ],
        "positions": found,
        "note": _NOTE,
        "layer": layer if layer in layers else layers[-1],
        "chosen": chosen,
        "similarity": _similarity(scene, chosen) if chosen else None,
        "order": selected("order"),
    }


def _positions(scene: Scene) -> dict[str, list[tuple[float, float] | None] | None]:
    layers = [layer.name for layer in scene.layers]
    found = read_positions(scene.database, scene.network.name, layers, scene.classes)
    return {
        layer: None if places is None else [_rounded(place) for place in places]
        for layer, places in found.items()
    }


def _rounded(position: list[float] | None) -> tuple[float, float] | None:
    """Rounded to four digits, which is enough for a screen."""
    if position is None:
        return None
    x, y = (float(f"{value:.4g}") for value in position)
    return x, y


def _similarity(scene: Scene, chosen: str) -> dict[str, list[int]]:
    """In thousandths, in the order of the classes: short numbers for many classes."""
    measured = similarities_to(scene, chosen)
    return {
        layer: [round(1000 * cosines.get(summary.name, 0.0)) for summary in scene.classes]
        for layer, cosines in measured.items()
    }


def _show_rest(scene: Scene) -> None:
    rows = [
        {
            "class": one.name,
            "title": one.title,
            "images": one.images or None,
            "top-1 correct": one.top1,
            "top-5 correct": one.top5,
        }
        for one in scene.classes
    ]
    counts = "view/activation_counts" if scene.network.parameters else "view/selected_counts"
    similarity = [counts] if scene.chosen else []
    show_rest(scene.network.name, rows=rows, queries=["view/classes", "view/embeddings", *similarity])
