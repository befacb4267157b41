"""``/graph``: the attribution graph of one class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from explorer.address import link, plain, select, selected
from explorer.components import show_graph
from explorer.database import KEPT_SECONDS, opened
from explorer.downloads import show_rest
from explorer.faithfulness import choose_core, read_faithfulness, show_faithfulness, show_mark
from explorer.files import pictures_of
from explorer.frame import PAGES, say_no_class, say_no_motif, what_is_missing
from explorer.gallery import channel_url_prefix, name_of
from explorer.graph_data import graph_content
from explorer.less_contributing import show_less_contributing
from explorer.page_data import GraphContent, GraphState
from explorer.scene import Scene
from summit_graph.errors import SummitGraphError
from summit_graph.formats.graph_text import to_json_text
from summit_graph.pictures.sheet import write_sheet
from summit_graph.records import AttributionGraph, Channel, missing_channel
from summit_graph.views.advice import examples_command
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.motifs import read_motif


def show(scene: Scene) -> None:
    """Draw the class's graph, or the choice of a class."""
    if not scene.chosen:
        say_no_class(scene)
        return
    name = scene.chosen[0]
    graph = read_graph(scene.network.name, name, scene.version)
    if not graph.nodes:
        st.info("This class has no attribution graph yet: run `summit-graph rank`")
        return
    report = read_faithfulness(scene, name)
    show_mark(report)
    graph = choose_core(graph, report)
    pictures = pictures_of(scene.network.name)
    parameters = scene.network.parameters
    content = graph_content(graph, layers=scene.layers, pictures=pictures, parameters=parameters)
    known = {str(node.channel) for node in graph.nodes}
    show_and_follow(scene, content, known=known, key="graph", highlight=_highlighted(scene, known))
    _show_rest(graph)
    show_faithfulness(scene, name, report)
    show_less_contributing(scene, name)
    if missing := what_is_missing(scene, pictures):
        st.caption(missing)


def show_and_follow(
    scene: Scene, content: GraphContent, *, known: set[str], key: str, highlight: Sequence[str] = ()
) -> None:
    """Draw a graph and handle clicks: a channel is selected in the URL, or its page opens."""

    def choose(channel: str) -> None:
        if channel in known or not channel:
            select(channel=channel or None)

    _say_absent_channel(scene, known)
    state: GraphState = {
        "highlight": list(highlight),
        "selected": selected("channel"),
        "channel_url_prefix": channel_url_prefix(),
        "examples_command": examples_command(scene.network),
    }
    result = show_graph(content, state, key=key, on_channel=choose)
    if result.open in known:
        st.switch_page(PAGES["channel"], query_params=link(channel=result.open))


def _say_absent_channel(scene: Scene, known: set[str]) -> None:
    """Say that the channel in the URL is not in the graph, or not in the network."""
    text = selected("channel")
    if text is None or text in known:
        return
    try:
        channel = Channel.parse(text)
    except SummitGraphError:
        st.caption(f"{plain(text)} is not a channel: write layer/index, such as {scene.layers[-1].name}/0.")
        return
    missing = missing_channel(channel, scene.layers)
    st.caption(plain(missing or f"Channel {name_of(channel)} is not in this graph."))


def _highlighted(scene: Scene, known: set[str]) -> list[str]:
    """The channels of the motif in the URL, if the class's graph contains them."""
    name = selected("motif")
    if name is None:
        return []
    found = read_motif(scene.database, scene.network.name, name)
    if found is None:
        say_no_motif(scene, name)
        return []
    channels = [str(channel) for channel in found.channels]
    if known.issuperset(channels):
        return channels
    st.caption(f"The motif of {plain(', '.join(map(name_of, found.channels)))} is not in this class's graph.")
    return []


@st.cache_resource(max_entries=32, ttl=KEPT_SECONDS, show_spinner="Reading the attribution graph …")
def read_graph(network: str, name: str, version: str) -> AttributionGraph:
    """A class's attribution graph, read once per state of the network."""
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
    influences = [
        {
            "previous": str(edge.previous),
            "channel": str(edge.channel),
            "count": edge.count,
            "via": edge.via,
            "via_stop": edge.via_stop,
            "skip": edge.skip,
        }
        for edge in graph.edges
    ]
    queries = ["view/attribution_graph_nodes", "view/attribution_graph_edges"]
    show_rest(
        f"{graph.network}-{graph.summary.name}",
        rows=rows,
        influences=influences,
        queries=[*queries, "view/class_outputs"] if graph.has_output else queries,
        json_text=lambda: to_json_text(graph),
        sheet=lambda: _sheet(graph),
    )
