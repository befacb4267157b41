"""``/``: all classes of a network, as dots layer by layer and as a list."""

from __future__ import annotations

import json

import streamlit as st

from explorer.address import link, plain, select, selected
from explorer.class_search import class_search
from explorer.components import show_overview
from explorer.downloads import show_rest
from explorer.frame import PAGES, open_page, say_live_demo
from explorer.groups import Group, communities_of, community_title, read_group, select_group
from explorer.introduction import show_introduction
from explorer.scene import Scene
from explorer.similarity import similarities_to
from summit_graph.display.page_data import Community, OverviewContent
from summit_graph.display.wording import counted
from summit_graph.errors import DatabaseError
from summit_graph.records import Parameters
from summit_graph.views.opening import Network
from summit_graph.views.overview import Positions, measure_movements, read_positions

_NOTE = "UMAP of channel activations: nearby classes activate similar channels."


def show(scene: Scene) -> None:
    """Draw the network's summary, its classes, and links for the selected one."""
    group = read_group(scene)
    _show_summary(scene.network, scene, group)
    show_introduction(scene)
    classes = {summary.name for summary in scene.classes}
    layers = {layer.name for layer in scene.layers}

    def choose(name: str) -> None:
        if name in classes:
            select(class_=name)

    def choose_parameter(name: str, value: str) -> None:
        if name != "layer" or value in layers:
            select(**{name: value or None})

    result = show_overview(
        _data(scene, group),
        key="overview",
        on_chosen=choose,
        on_group=lambda text: _choose_group(scene, text),
        on_parameter=choose_parameter,
    )
    if result.open in classes:
        open_page("graph", class_=result.open)
    _show_rest(scene)
    if len(scene.networks) == 1:
        say_live_demo()


def _choose_group(scene: Scene, text: str) -> None:
    """From the JSON of the component."""
    chosen = json.loads(text)
    select_group(scene, chosen["members"], chosen["title"])


def _show_summary(network: Network, scene: Scene, group: Group | None) -> None:
    parameters = network.parameters
    parts = [f"model **{plain(network.model)}**", f"first counted on **{plain(network.dataset)}**"]
    parts += [f"**{network.classes:,}** classes"] + (
        [f"**{network.images:,}** images"] if network.images else []
    )
    parts += _parameters(parameters) if parameters else ["only attribution graphs (imported)"]
    excluded = ", ".join(map(str, parameters.excluded)) if parameters else ""
    about = f"Excluded as non-semantic (paper 7.4): {excluded}" if excluded else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(" · ".join(parts), help=about)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if group:
                _show_group(scene, group)
            if scene.chosen:
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


def _show_group(scene: Scene, group: Group) -> None:
    st.page_link(
        PAGES["group"],
        label=f"Typical of **{plain(group.name)}** →",
        help=f"The channels and motifs typical of {counted(len(group.members), 'class', 'classes')}",
        width="content",
        query_params=link(layer=None),
    )
    st.button("Clear group", type="tertiary", on_click=select_group, args=(scene, ()))


def _show_links(scene: Scene) -> None:
    title = plain(scene.summary(scene.chosen[0]).title)
    st.page_link(
        PAGES["graph"], label=f"Graph of **{title}** →", width="content", query_params=link(layer=None)
    )
    st.page_link(PAGES["compare"], label="Compare it →", width="content", query_params=link(layer=None))


def _data(scene: Scene, group: Group | None) -> OverviewContent:
    layers = [layer.name for layer in scene.layers]
    chosen = scene.chosen[0] if scene.chosen else None
    layer = selected("layer")
    positions = _read_positions(scene)
    found = _rounded_positions(positions)
    members = list(group.members) if group else []
    communities = _communities(scene)
    trajectory = selected("trajectory") == "yes" and chosen is not None
    moves = trajectory or selected("order") == "movement"
    search = class_search(scene.network.name, scene.version)
    return {
        "key": f"{scene.network.name} {scene.version} {hash(str(found))}",
        "network": scene.network.name,
        "layers": layers,
        "classes": [
            {
                **searched,
                "images": one.images,
                "top1": one.top1,
                "histogram": None if one.histogram is None else list(one.histogram),
            }
            for searched, one in zip(search["classes"], scene.classes, strict=True)
        ],
        "concepts": search["concepts"],
        "positions": found,
        "note": _NOTE,
        "layer": layer if layer in layers else layers[-1],
        "chosen": chosen,
        "similarity": _similarity(scene, chosen) if chosen else None,
        "order": selected("order"),
        "group": members,
        "communities": communities,
        "trajectory": trajectory,
        "movement": _movement(positions) if moves else None,
        "aspects": f"{hash((tuple(members), str(communities)))} {trajectory} {moves}",
    }


def _communities(scene: Scene) -> list[Community] | None:
    """The communities that colour the dots; None without colours, which a message explains if needed."""
    if selected("colours") != "communities":
        return None
    try:
        found = communities_of(scene.network.name, scene.version)
    except DatabaseError as error:
        st.caption(plain(error))
        return None
    return [{"title": community_title(scene, names), "members": names} for names in found]


def _movement(positions: dict[str, Positions | None]) -> dict[str, list[int]]:
    """In thousandths: short numbers for many classes."""
    return {
        layer: [round(1000 * moved) for moved in distances]
        for layer, distances in measure_movements(positions).items()
    }


def _read_positions(scene: Scene) -> dict[str, Positions | None]:
    layers = [layer.name for layer in scene.layers]
    return read_positions(scene.database, scene.network.name, layers, scene.classes)


def _rounded_positions(
    found: dict[str, Positions | None],
) -> dict[str, list[tuple[float, float] | None] | None]:
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
