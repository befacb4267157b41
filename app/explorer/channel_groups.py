"""The stored groups of channels on the graph page: nodes on request, by two parameters of the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from explorer.address import selected, selected_all
from explorer.database import KEPT_SECONDS, opened
from explorer.scene import Scene
from summit_graph.display.graph_data import channel_groups
from summit_graph.display.page_data import ChannelGroups
from summit_graph.records import AttributionGraph
from summit_graph.views.channel_groups import StoredGroup, groups_in, read_groups, without_groups

#: Of the URL: whether groups are nodes, and the groups that are open nevertheless.
SHOWN, OPENED = "channel_groups", "open_group"
NONE_IN_GRAPH = "no group has two channels in this graph"


def groups_of(scene: Scene, graph: AttributionGraph) -> ChannelGroups:
    """The groups of a graph's channels, and which of them the URL shows as nodes."""
    stored = _read_groups(graph.network, scene.version)
    missing = NONE_IN_GRAPH if stored else without_groups(scene.network)
    shown = selected(SHOWN) == "yes"
    return channel_groups(groups_in(graph, stored), shown=shown, opened=selected_all(OPENED), missing=missing)


def groups_to_address(value: Mapping[str, Any]) -> dict[str, str | list[str] | None]:
    """The parameters of the URL for what the user has switched on and opened."""
    return {SHOWN: "yes" if value["shown"] else None, OPENED: value["opened"] or None}


@st.cache_resource(max_entries=8, ttl=KEPT_SECONDS, show_spinner=False)
def _read_groups(network: str, version: str) -> list[StoredGroup]:
    return read_groups(opened().database, network)
