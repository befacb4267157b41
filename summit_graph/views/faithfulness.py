"""What the test of a class's graph needs from the database, and its stored report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from summit_graph.analysis.edge_faithfulness import Counts
from summit_graph.analysis.faithfulness import ClassScores
from summit_graph.analysis.reports import Report, in_sections
from summit_graph.analysis.stability import core_of
from summit_graph.errors import SummitGraphError, UnknownNameError
from summit_graph.records import AttributionGraph, Parameters
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network
from summit_graph.views.classes import StoredClass, read_consistently


def read_scores(database: Database, network: Network, stored: StoredClass) -> ClassScores:
    """The scores of one state of a class; the caller must check for replacement.

    Raises:
        SummitGraphError: the network has attribution graphs alone, or the class is not ranked.
    """
    if network.parameters is None:
        raise SummitGraphError(
            f"network {network.name} has only attribution graphs, and its model is not known: "
            "make a network with summit-graph ingest"
        )
    widths = dict(network.widths)
    pagerank = {name: np.zeros(width) for name, width in widths.items()}
    counts = {name: np.zeros(width) for name, width in widths.items()}
    selected = {name: np.zeros(width, bool) for name, width in widths.items()}
    rows = database.read("view/class_scores", **{"class": stored.id})
    if not rows:
        raise SummitGraphError(
            f"class {stored.summary.name!r} of network {network.name} has no scores: run summit-graph rank"
        )
    for row in rows:
        layer, channel = row["layer"], row["channel"]
        pagerank[layer][channel], counts[layer][channel] = row["pagerank"], row["count"]
        selected[layer][channel] = row["selected"]
    relevance = _read_relevance(database, network.parameters, widths, stored)
    return ClassScores(pagerank, counts, selected, relevance, stored.selected_by)


def _read_relevance(
    database: Database, parameters: Parameters, widths: Mapping[str, int], stored: StoredClass
) -> dict[str, npt.NDArray[np.float64]] | None:
    """The summed relevance of a class's channels, 0 for excluded ones; None if activations were counted."""
    rows = database.read("view/class_relevance", **{"class": stored.id})
    found = {name: np.zeros(width) for name, width in widths.items()}
    for row in rows:
        found[row["layer"]][row["channel"]] = row["relevance"]
    for channel in parameters.excluded:
        found[channel.layer][channel.index] = 0
    return found if rows else None


def read_influences(database: Database, network: Network, stored: StoredClass) -> Counts:
    """The counts of all influences of one state of a class; the caller must check for replacement."""
    pairs = pairwise(network.widths)
    counts = {name: np.zeros((width, below), np.int32) for (_, below), (name, width) in pairs}
    for row in database.read("view/class_influences", **{"class": stored.id}):
        counts[row["layer"]][row["channel"], row["previous"]] = row["count"]
    return counts


def read_report(database: Database, stored: StoredClass) -> Report | None:
    """The stored report of one state of a class in sections; None without one."""
    rows = database.read("view/class_faithfulness", **{"class": stored.id})
    return in_sections(json.loads(rows[0]["report"])) if rows and rows[0]["report"] else None


def read_class_report(database: Database, network: str, name: str) -> Report:
    """The stored report of a class.

    Raises:
        UnknownNameError: the class has none.
    """
    found = read_consistently(database, network, name, lambda stored: read_report(database, stored))
    if found is None:
        raise UnknownNameError(
            f"the faithfulness of class {name!r} is not measured: run summit-graph faithfulness"
        )
    return found


def core_part(database: Database, graph: AttributionGraph, stored: StoredClass) -> AttributionGraph:
    """The graph's channels and influences that survive when the class's images are drawn again.

    Raises:
        SummitGraphError: the class's stability is not measured.
    """
    section = (read_report(database, stored) or {}).get("stability")
    if section is None:
        raise SummitGraphError(
            f"the stability of class {stored.summary.name!r} is not measured: run summit-graph faithfulness "
            f"{stored.summary.name} --part stability"
        )
    return core_of(graph, section)
