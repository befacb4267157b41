"""Our own components: their JavaScript lies in ``assets/`` as plain modules, served beside the pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st

ASSETS = Path(__file__).parent.parent / "assets"
#: The component itself only fetches its module: modules may then import each other by their addresses.
#: A component's own script has no address, so that of the page is the one to go by.
_LOADER = """
export default function (component) {
  let gone = false;
  import(new URL("summit/assets/NAME.js", document.baseURI))
    .then((module) => { if (!gone) module.default(component); });
  return () => { gone = true; };
}
"""
#: What may come in while a graph is looked at, without its being drawn anew.
_PICTURES = {"diversity", "examples"}
#: Hears what was clicked, before the page runs again: what it puts into the address, the page finds there.
Heard = Callable[[str], None]


def show_graph(data: Mapping[str, Any], *, key: str, on_channel: Heard) -> Any:
    """A layered graph (``data`` as ``graph_data`` makes it); tells ``open`` (a channel).

    ``on_channel`` hears the channel that is kept, or an empty text.
    """
    callback = _hearing(key, "channel", on_channel)
    nodes = [{name: node[name] for name in node.keys() - _PICTURES} for node in data["nodes"]]
    known = dict(data) | {"key": _key(data["file"], nodes, data["edges"])}  # zoom is kept while it stands
    return _component("graph")(key=key, data=known, on_channel_change=callback, on_open_change=_told_later)


def show_overview(data: Mapping[str, Any], *, key: str, on_chosen: Heard, on_layer: Heard) -> None:
    """The classes as dots and as a list; a class or a layer is chosen."""
    _component("overview")(
        key=key,
        data=dict(data),
        on_chosen_change=_hearing(key, "chosen", on_chosen),
        on_layer_change=_hearing(key, "layer", on_layer),
    )


def show_gallery(data: Mapping[str, Any], *, key: str, on_motif: Heard | None = None) -> Any:
    """Channels and motifs as pictures; tells ``open`` (a channel). ``on_motif`` hears a motif's id."""
    known = dict(data) | {"key": _key(data.get("groups"), data.get("motifs"), data.get("channels"))}
    callback = _hearing(key, "motif", on_motif) if on_motif else _told_later
    return _component("gallery")(key=key, data=known, on_open_change=_told_later, on_motif_change=callback)


def show_chart(data: Mapping[str, Any], *, key: str) -> None:
    """Measures of each layer as lines (``data`` as ``graph_data.layer_chart`` makes it)."""
    _component("chart")(key=key, data=dict(data))


@cache
def _component(name: str) -> Any:
    css = "".join((ASSETS / file).read_text("utf-8") for file in ("common.css", f"{name}.css"))
    return st.components.v2.component(
        f"summit_{name}", html=f'<div class="{name}"></div>', css=css, js=_LOADER.replace("NAME", name)
    )


def _key(*parts: Any) -> str:
    """Another one where something of this changes."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _hearing(key: str, name: str, hear: Heard) -> Callable[[], None]:
    """Streamlit tells a callback nothing: the trigger's value stands in the session's state meanwhile."""

    def callback() -> None:
        value = st.session_state[key].get(name)
        if isinstance(value, str):
            hear(value)

    return callback


def _told_later() -> None:
    """A trigger's value stands in the component's result, too, during the run that it starts."""
