"""Reads what the pages of results show; a page is made on demand, also after the connection is closed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import cast

from summit_graph.analysis.comparison import Comparison
from summit_graph.display.graph_data import (
    Surroundings,
    channel_groups,
    comparison_content,
    graph_content,
)
from summit_graph.display.motif_data import Structure, motifs_content
from summit_graph.display.page import MakePage, graph_page, motifs_page
from summit_graph.display.page_data import Subgraph as SubgraphData
from summit_graph.formats.subgraphs import NO_SUBGRAPH, Subgraph
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, GraphGroup
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.views.advice import examples_command
from summit_graph.views.channel_labels import read_labels
from summit_graph.views.classes import find_class
from summit_graph.views.commonness import read_commonness
from summit_graph.views.graphs import read_layers
from summit_graph.views.pictures import read_pictures


def read_graph_page(
    database: Database,
    graph: AttributionGraph,
    own: Subgraph = NO_SUBGRAPH,
    groups: Sequence[GraphGroup] | None = None,
) -> tuple[MakePage, Pictures]:
    """The page of a class's graph, and the pictures of the network's channels.

    How common the channels are is read when the page is made, because that takes long in a large network;
    after the connection is closed the page does without.

    Args:
        groups: of channels, drawn as nodes; None to draw the channels only.
    """
    network, layers = find_network(database, graph.network), read_layers(database, graph.network)
    pictures = read_pictures(database, graph.network)
    command = examples_command(network)
    subgraph = None if own == NO_SUBGRAPH else cast(SubgraphData, own.to_json())

    def make() -> str:
        common = read_commonness(database, graph) if database.is_open else {}
        content = graph_content(
            graph,
            layers=layers,
            pictures=pictures,
            parameters=graph.parameters,
            surroundings=Surroundings(common=common, classes=network.classes),
        )
        return graph_page(
            content,
            pictures,
            examples_command=command,
            provenance=network.provenance,
            subgraph=subgraph,
            groups=None if groups is None else channel_groups(groups),
        )

    return make, pictures


def read_comparison_page(database: Database, comparison: Comparison) -> MakePage:
    """The page of several classes' graphs in one."""
    name = comparison.network
    pictures = read_pictures(database, name)
    content = comparison_content(
        comparison,
        summaries=[find_class(database, name, one).summary for one in comparison.classes],
        layers=read_layers(database, name),
        pictures=pictures,
        labels=read_labels(database, name),
    )
    network = find_network(database, name)
    command, provenance = examples_command(network), network.provenance
    return lambda: graph_page(content, pictures, examples_command=command, provenance=provenance)


def read_motifs_page(database: Database, network: str, motifs: Sequence[Structure]) -> MakePage:
    """The page of a list of motifs."""
    pictures = read_pictures(database, network)
    content = motifs_content(
        network,
        zip(map(str, count()), motifs, strict=False),
        labels=read_labels(database, network),
    )
    provenance = find_network(database, network).provenance
    return lambda: motifs_page(content, pictures, provenance=provenance)
