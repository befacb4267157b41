"""Similarity of the classes of a network, read once per state of the network."""

from __future__ import annotations

import streamlit as st

from explorer.database import opened
from explorer.scene import Scene
from summit_graph.views.overview import (
    ActivationRows,
    measure_similarities,
    nearest_names,
    read_activation_rows,
)


def similarities_to(scene: Scene, name: str) -> dict[str, dict[str, float]]:
    """Layer -> class -> cosine of its activation counts with those of one class."""
    return measure_similarities(_rows(scene.network.name, scene.version), name)


def nearest_to(scene: Scene, name: str, *, limit: int) -> list[str]:
    """The other classes most similar to one in the topmost layer."""
    known = {summary.name for summary in scene.classes}
    nearest = nearest_names(_rows(scene.network.name, scene.version), name, limit=limit)
    return [other for other in nearest if other in known]


@st.cache_resource(max_entries=2, show_spinner="Reading the activation counts …")
def _rows(network: str, version: str) -> ActivationRows:
    return read_activation_rows(opened().database, network)
