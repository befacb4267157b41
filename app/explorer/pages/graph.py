"""``/graph``: the attribution graph of one class."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from explorer.address import link, select, selected
from explorer.components import show_graph
from explorer.database import SECONDS, opened
from explorer.files import pictures_of
from explorer.frame import PAGES, say_no_class, what_is_missing
from explorer.graph_data import graph_data
from explorer.keeping import show_rest
from explorer.scene import Scene
from summit_graph.contact_sheet import write_sheet
from summit_graph.formats import show_json
from summit_graph.records import AttributionGraph
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.motifs import read_motifs


def show(scene: Scene) -> None:
    """The class's graph, or how to choose one."""
    if not scene.chosen:
        say_no_class(scene)
        return
    name = scene.chosen[0]
    graph = read_graph(scene.network.name, name, scene.version)
    if not graph.nodes:
        st.info("This class has no attribution graph yet: run `summit-graph rank`")
        return
    pictures = pictures_of(scene.network.name)
    data = graph_data(graph, layers=scene.layers, pictures=pictures)
    state = {"selected": selected("channel"), "highlight": _highlighted(scene)}
    told = show_graph(data | state, key="graph")
    follow(told, known={str(node.channel) for node in graph.nodes})
    if missing := what_is_missing(scene, pictures):
        st.caption(missing)
    _show_rest(graph)


def follow(told: Any, *, known: set[str]) -> None:
    """Do what was clicked in a graph: keep a channel in the address, or open its page."""
    if told.open in known:
        st.switch_page(PAGES["channel"], query_params=link(channel=told.open))
    if told.channel is not None and (told.channel in known or told.channel == ""):
        select(channel=told.channel or None)


def _highlighted(scene: Scene) -> list[str]:
    """The channels of the motif that the address names: they are shown within the class's graph."""
    name = selected("motif")
    if name is None:
        return []
    found = next((one for one in read_motifs(scene.database, scene.network.name) if one.id == name), None)
    return [str(channel) for channel in found.channels] if found else []


@st.cache_resource(max_entries=32, ttl=SECONDS, show_spinner="Reading the attribution graph …")
def read_graph(network: str, name: str, version: str) -> AttributionGraph:
    """A class's attribution graph, read once for each state of the network."""
    return read_attribution_graph(opened().database, network, name)


def _sheet(graph: AttributionGraph) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.pdf"
        write_sheet(graph, pictures_of(graph.network), file)
        return file.read_bytes()


def _show_rest(graph: AttributionGraph) -> None:
    rows = [
        {"channel": str(node.channel), "count": node.count, "pagerank": node.pagerank} for node in graph.nodes
    ]
    show_rest(
        f"{graph.network}-{graph.summary.name}",
        rows=rows,
        queries=("view/attribution_graph_nodes", "view/attribution_graph_edges"),
        json_text=show_json(graph),
        sheet=lambda: _sheet(graph),
    )
