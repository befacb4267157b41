"""The strongest path between two channels of a class's graph: the parameter ``path`` of the URL, twice."""

from __future__ import annotations

import streamlit as st

from explorer.address import plain, select, selected, selected_all
from explorer.gallery import name_of
from summit_graph.analysis.paths import strongest_path
from summit_graph.errors import SummitGraphError
from summit_graph.records import AttributionGraph, Channel


def show_path(graph: AttributionGraph) -> list[str]:
    """Name the path of the URL above the graph; returns its channels, none if there is no path."""
    ends = selected_all("path")
    if not ends:
        return []
    try:
        channels = [Channel.parse(text) for text in ends]
    except SummitGraphError as error:
        st.caption(plain(error))
        return []
    if len(channels) != 2:
        st.caption("A path is between two different channels.")
        return []
    one, other = channels
    found = strongest_path(graph, one, other) or strongest_path(graph, other, one)
    if found is None:
        st.caption(f"No path in this graph is between {plain(name_of(one))} and {plain(name_of(other))}.")
        return []
    with st.container(horizontal=True, vertical_alignment="center"):
        text = plain(" → ".join(map(name_of, found.channels)))
        st.markdown(f"Path: **{text}**, weakest influence {found.weakest:,}", width="content")
        st.button("Clear path", type="tertiary", on_click=select, kwargs={"path": None})
    return [str(channel) for channel in found.channels]


def choose_path(graph: AttributionGraph) -> None:
    """A switch, and the choice of two channels, below the graph."""
    if not st.toggle("Show the strongest path between two channels"):
        return
    names = [str(node.channel) for node in graph.nodes]
    current, name = selected("channel"), graph.summary.name
    at = names.index(current) if current in names else 0
    keys = (f"path from {current} {name}", f"path to {name}")
    with st.form("path", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("From", names, at, key=keys[0], format_func=_name, width=220)
        st.selectbox("To", names, len(names) - 1, key=keys[1], format_func=_name, width=220)
        st.form_submit_button("Show", on_click=_select_path, args=keys)


def _select_path(*keys: str) -> None:
    ends = [st.session_state[key] for key in keys]
    select(path=ends, channel=None, motif=None)  # a selected channel would be shown in place of the path


def _name(text: str) -> str:
    return name_of(Channel.parse(text))
