"""``/graph``: the attribution graph of one class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.address import place, plain, select, selected, selected_all
from explorer.channel_groups import groups_of
from explorer.choices import HIGHLIGHTS, answered, take_choices
from explorer.components import show_graph
from explorer.database import KEPT_SECONDS, opened
from explorer.downloads import show_rest
from explorer.faithfulness import choose_core, read_faithfulness, show_faithfulness, show_mark
from explorer.files import pictures_of
from explorer.frame import NOT_OF_CLASS, is_embedded, open_page, say_no_class, say_no_motif, what_is_missing
from explorer.gallery import channel_url_prefix, name_of
from explorer.less_contributing import show_less_contributing
from explorer.paths import choose_path, show_path
from explorer.scene import Scene
from explorer.subgraphs import subgraph_in_address, subgraph_of, take_opened
from explorer.unexpected import show_unexpected
from summit_graph.display.graph_data import Surroundings, graph_content
from summit_graph.display.page_data import ChannelGroups, GraphContent, GraphState, SimilarClass, Subgraph
from summit_graph.errors import SummitGraphError
from summit_graph.formats.graph_text import to_json_text
from summit_graph.pictures.canvases import Paper
from summit_graph.pictures.sheet import Sheet, sheet_as_pdf
from summit_graph.records import AttributionGraph, Channel, Node, missing_channel
from summit_graph.views.advice import examples_command
from summit_graph.views.beyond import Beyond, pinned_outside, read_beyond, with_pinned
from summit_graph.views.commonness import Commonness, read_commonness
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.motifs import motif_channels
from summit_graph.views.questions import answer_question

#: How many similar classes are listed.
SIMILAR = 6


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
    own = {str(node.channel) for node in graph.nodes}
    expanded = None if parameters is None else [one for one in selected_all("expand") if one in own]
    pinned = pinned_outside(graph, subgraph_in_address(), scene.layers)
    around = _surroundings(scene, graph, expanded or (), pinned)
    content = graph_content(
        graph, layers=scene.layers, pictures=pictures, parameters=parameters, surroundings=around
    )
    known = {node["id"] for node in content["nodes"]}
    highlight = show_path(graph) or _highlighted(scene, own)
    subgraph = subgraph_of(scene, graph, [node.channel for node in around.beyond.nodes])
    show_and_follow(
        scene,
        content,
        known=known,
        key="graph",
        highlight=highlight,
        expanded=expanded,
        subgraph=subgraph,
        groups=groups_of(scene, graph),
    )
    if is_embedded():
        return
    _show_rest(graph, around.common)
    show_faithfulness(scene, name, report)
    show_less_contributing(scene, name)
    show_unexpected(scene, name)
    choose_path(graph)
    if missing := what_is_missing(scene, pictures):
        st.caption(missing)


def show_and_follow(
    scene: Scene,
    content: GraphContent,
    *,
    known: set[str],
    key: str,
    highlight: Sequence[str] = (),
    expanded: Sequence[str] | None = None,
    subgraph: Subgraph | None = None,
    groups: ChannelGroups | None = None,
) -> None:
    """Draw a graph and handle clicks: a channel is selected in the URL, or its page opens.

    Args:
        expanded: the channels whose further influences are shown; None where none can be.
        subgraph: what the user has pinned; None where channels cannot be pinned.
        groups: of channels, which can be nodes; None in a comparison.
    """
    classes = {summary.name for summary in scene.classes}

    def choose_class(name: str) -> None:
        if name in classes:
            select(class_=name, **NOT_OF_CLASS)

    _say_absent_channel(scene, known)
    state: GraphState = {
        "answered": answered(),
        "place": place(),
        "highlight": list(highlight),
        "highlighted_by": next(filter(selected, HIGHLIGHTS), "") if highlight else "",
        "selected": selected("channel"),
        "channel_url_prefix": channel_url_prefix(),
        "examples_command": examples_command(scene.network),
        "expandable": expanded is not None,
        "expanded": list(expanded or ()),
        "subgraph": subgraph,
        "channel_groups": groups,
        "embedded": is_embedded(),
    }
    result = show_graph(
        content,
        state,
        key=key,
        on_choices=lambda text: take_choices(text, known),
        on_class=choose_class,
        on_subgraph_file=lambda text: take_opened(text, scene),
    )
    if result.open in known:
        open_page("channel", channel=result.open)


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
    """The channels of the motif in the URL, stored or not, if the class's graph contains them."""
    name = selected("motif")
    if name is None:
        return []
    try:
        channels = motif_channels(scene.network.name, name)
    except SummitGraphError:
        say_no_motif(scene, name)
        return []
    text, texts = plain(", ".join(map(name_of, channels))), [str(channel) for channel in channels]
    if not known.issuperset(texts):
        st.caption(f"The motif of {text} is not in this class's graph.")
        return []
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Motif: **{text}**", width="content")
        st.button("Clear motif", type="tertiary", on_click=select, kwargs={"motif": None})
    return texts


def _surroundings(
    scene: Scene, graph: AttributionGraph, expanded: Sequence[str], pinned: Sequence[Channel]
) -> Surroundings:
    return Surroundings(
        common=_read_commonness(graph, version=scene.version),
        beyond=_read_beyond(graph, tuple(expanded), tuple(map(str, pinned)), version=scene.version),
        similar=_read_similar(scene.network.name, graph.summary.name, scene.version),
        classes=len(scene.classes),
    )


@st.cache_data(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False, hash_funcs={AttributionGraph: hash})
def _read_commonness(graph: AttributionGraph, version: str) -> dict[Channel, Commonness]:
    return read_commonness(opened().database, graph)


@st.cache_data(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False, hash_funcs={AttributionGraph: hash})
def _read_beyond(
    graph: AttributionGraph, expanded: tuple[str, ...], pinned: tuple[str, ...], version: str
) -> Beyond:
    channels = [Channel.parse(one) for one in expanded]
    return read_beyond(opened().database, graph, channels, pinned=[Channel.parse(one) for one in pinned])


@st.cache_data(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _read_similar(network: str, name: str, version: str) -> list[SimilarClass]:
    """The classes whose graphs share the most channels with the class's."""
    given = {"class": name, "limit": str(SIMILAR)}
    found = answer_question(opened().database, "similar_classes", given, network=network)
    return [
        {"name": one["class"], "title": one["title"], "shared": one["shared"], "jaccard": one["jaccard"]}
        for one in found
    ]


@st.cache_resource(max_entries=32, ttl=KEPT_SECONDS, show_spinner="Reading the attribution graph …")
def read_graph(network: str, name: str, version: str) -> AttributionGraph:
    """A class's attribution graph, read once per state of the network."""
    return read_attribution_graph(opened().database, network, name)


def _sheet(graph: AttributionGraph, paper: Paper) -> bytes:
    """The graph with the channels that are pinned beyond it, or the pinned ones alone."""
    own = subgraph_in_address()
    whole = with_pinned(opened().database, graph, own)
    return sheet_as_pdf(Sheet(own.part_of(whole), pictures_of(graph.network), own.labels), paper=paper)


def _show_rest(graph: AttributionGraph, common: Mapping[Channel, Commonness]) -> None:
    rows = [_row(node, common.get(node.channel)) for node in graph.nodes]
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
        sheet=lambda paper: _sheet(graph, paper),
    )


def _row(node: Node, common: Commonness | None) -> dict[str, str | int | float | None]:
    row: dict[str, str | int | float | None] = {
        "channel": str(node.channel),
        "count": node.count,
        "pagerank": node.pagerank,
    }
    if common is not None:
        row["graphs"] = common.graphs
        if common.q is not None:
            row |= {"lift": common.lift, "q": common.q}
    return row
