"""How like one another the classes of a network are, read once for each of its states."""

from __future__ import annotations

import streamlit as st

from explorer.database import opened
from explorer.scene import Scene
from summit_graph.views.overview import ActivationRows, measure_similarities, read_activation_rows


def similarities_to(scene: Scene, name: str) -> dict[str, dict[str, float]]:
    """Layer -> class -> cosine of its activation counts with those of one class."""
    return measure_similarities(_rows(scene.network.name, scene.version), name)


def nearest_to(scene: Scene, name: str, *, limit: int) -> list[str]:
    """The other classes that are most like one in the topmost layer."""
    cosines = similarities_to(scene, name)[scene.layers[-1].name]
    others = sorted((one for one in cosines if one != name), key=lambda one: (-cosines[one], one))
    return others[:limit]


@st.cache_resource(max_entries=2, show_spinner="Reading which channels fire for which class …")
def _rows(network: str, version: str) -> ActivationRows:
    return read_activation_rows(opened().database, network)
