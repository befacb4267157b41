"""The input of every page: the network and the classes of the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.address import remember_network, selected, selected_all, shown_network
from explorer.database import opened
from explorer.labels import remember_version
from explorer.provenance import remember_provenance
from summit_graph.records import ClassSummary, Layer
from summit_graph.views.classes import find_class, list_classes
from summit_graph.views.graphs import read_layers
from summit_graph.views.opening import Database, Network, find_network, list_networks
from summit_graph.views.state import read_version


@dataclass(frozen=True)
class Scene:
    """A network with its classes, and those that are selected.

    Attributes:
        version: changes whenever a class of the network or the labels change; part of every cache key.
        chosen: folder names of the selected classes, in the order of the URL.
    """

    database: Database
    networks: tuple[Network, ...]
    network: Network
    version: str
    classes: tuple[ClassSummary, ...]
    chosen: tuple[str, ...]

    @property
    def layers(self) -> list[Layer]:
        """The network's layers from lowest to highest."""
        return _layers(self.network.name, self.version)

    def summary(self, name: str) -> ClassSummary:
        """The summary of a class of the network."""
        return next(summary for summary in self.classes if summary.name == name)


def label_of(scene: Scene, name: str) -> str:
    """A class's title, with its folder's name if that differs."""
    title = scene.summary(name).title
    return title if title == name else f"{title} · {name}"


def width_for(layers: Sequence[Layer]) -> int:
    """The width of a select box of layers in pixels."""
    return min(420, max(170, 70 + 8 * max(len(layer.name) for layer in layers)))


def read_scene() -> Scene | None:
    """The scene of the URL; None if the database has no network.

    Raises:
        UnknownNameError: the URL names a network or class that does not exist.
    """
    database = opened().database
    networks = tuple(list_networks(database))
    if not networks:
        return None
    named = {network.name: network for network in networks}
    name = shown_network()
    if not selected("network") and name not in named:
        name = networks[0].name
    network = named.get(name) or find_network(database, name)
    remember_network(network.name)
    remember_provenance(network)
    version = read_version(database, network.name)
    remember_version(version)
    classes = classes_of(network.name, version)
    known = {summary.name for summary in classes}
    chosen = [
        name if name in known else find_class(database, network.name, name).summary.name
        for name in selected_all("class")
    ]
    return Scene(database, networks, network, version, classes, tuple(dict.fromkeys(chosen)))


@st.cache_resource(max_entries=8, show_spinner=False)
def classes_of(network: str, version: str) -> tuple[ClassSummary, ...]:
    """The summaries of a network's classes, sorted by name."""
    return tuple(stored.summary for stored in list_classes(opened().database, network))


@st.cache_resource(max_entries=8, show_spinner=False)
def _layers(network: str, version: str) -> list[Layer]:
    return read_layers(opened().database, network)
