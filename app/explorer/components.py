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
_LOADER = """
export default function (component) {
  let gone = false;
  import(new URL("/summit/assets/NAME.js", window.location.origin))
    .then((module) => { if (!gone) module.default(component); });
  return () => { gone = true; };
}
"""
Heard = Callable[[], None]


def show_graph(data: Mapping[str, Any], *, key: str) -> Any:
    """A layered graph (``data`` as ``graph_data`` makes it); tells ``channel`` (kept) and ``open``."""
    drawn = [data["file"], data["nodes"], data["edges"]]  # anew only when these change: zoom is kept
    known = dict(data) | {"key": sha256(json.dumps(drawn).encode()).hexdigest()}
    return _component("graph")(key=key, data=known, on_channel_change=_heard, on_open_change=_heard)


def show_overview(data: Mapping[str, Any], *, key: str) -> Any:
    """The classes as dots and as a list; tells ``chosen`` (a class) and ``layer``."""
    return _component("overview")(key=key, data=dict(data), on_chosen_change=_heard, on_layer_change=_heard)


def show_gallery(data: Mapping[str, Any], *, key: str) -> Any:
    """Channels and motifs as pictures; tells ``open`` (a channel) and ``motif`` (its id)."""
    return _component("gallery")(key=key, data=dict(data), on_open_change=_heard, on_motif_change=_heard)


@cache
def _component(name: str) -> Any:
    css = "".join((ASSETS / file).read_text("utf-8") for file in ("common.css", f"{name}.css"))
    return st.components.v2.component(
        f"summit_{name}", html=f'<div class="{name}"></div>', css=css, js=_LOADER.replace("NAME", name)
    )


def _heard() -> None:
    """A trigger's value stands in the component's result during the run that it starts."""
