"""The user's subgraph on the graph page: the parameter ``subgraph`` of the URL, and files."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import streamlit as st

from explorer.address import plain, select, selected
from explorer.scene import Scene
from summit_graph.display.page_data import Subgraph as SubgraphData
from summit_graph.errors import SummitGraphError
from summit_graph.formats.subgraphs import Subgraph, from_address, parse_subgraph, to_address
from summit_graph.records import AttributionGraph, Channel

#: Key of the session state: what is wrong with the last file that was opened.
_FAULT = "subgraph fault"


def subgraph_of(scene: Scene, graph: AttributionGraph, added: Collection[Channel]) -> SubgraphData:
    """The subgraph of the URL for the component; says what is wrong with it, or with an opened file.

    Args:
        added: channels that are drawn beside those of the graph.
    """
    if fault := st.session_state.pop(_FAULT, None):
        st.warning(plain(fault))
    found = subgraph_in_address(say=True)
    if missing := found.missing_in(graph, added=added):
        st.caption(plain(missing))
    whole = {"network": graph.network, "class": graph.summary.name, "provenance": scene.network.provenance}
    return cast(SubgraphData, found.to_json() | whole)


def subgraph_in_address(*, say: bool = False) -> Subgraph:
    """The subgraph of the URL; an empty one if there is none, or a damaged one (``say``: with a warning)."""
    text = selected("subgraph")
    try:
        return from_address(text) if text else Subgraph()
    except SummitGraphError as error:
        if say:
            st.warning(plain(error))
        return Subgraph()


def subgraph_to_address(value: Mapping[str, Any]) -> dict[str, str | None]:
    """The parameter of the URL for the subgraph that the user has edited; none if it cannot be taken."""
    found: dict[str, str | None] = {}
    text = json.dumps(value, ensure_ascii=False)
    _catching(lambda: found.update(subgraph=to_address(parse_subgraph(text, name="the subgraph")) or None))
    return found


def take_opened(text: str, scene: Scene) -> None:
    """Show an opened file: its network, its class and its subgraph."""
    _catching(lambda: _open(text, scene))


def _open(text: str, scene: Scene) -> None:
    found = parse_subgraph(text, name="the file")
    network, name = found.network or scene.network.name, found.of or (scene.chosen or ("",))[0]
    names = [one.name for one in scene.networks]
    if network not in names:
        raise SummitGraphError(f"the file is of network {network}; this database has {', '.join(names)}")
    select(network=network, class_=name, subgraph=to_address(found) or None, channel=None, expand=None)


def _catching(act: Callable[[], None]) -> None:
    try:
        act()
    except SummitGraphError as error:
        st.session_state[_FAULT] = str(error)
