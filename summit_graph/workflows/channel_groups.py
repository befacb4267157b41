"""Groups the channels of a network: reads rates and influences, finds groups, stores them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from summit_graph.analysis.channel_groups import (
    Grouping,
    make_groups,
    make_redundancies,
    similar_pairs,
    similarities,
)
from summit_graph.errors import SummitGraphError
from summit_graph.ranking.channel_groups import find_channel_communities
from summit_graph.ranking.engine import choose_engine, read_influences
from summit_graph.records import Engine
from summit_graph.store.channel_groups import write_groups
from summit_graph.store.channels import NetworkChannels, read_network_channels
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network
from summit_graph.views.activations import ActivationRows, read_activation_rows
from summit_graph.views.classes import StoredClass

#: Influences are read of so many classes at most, evenly spaced by name: each has hundreds of thousands.
MOST_CLASSES = 50

Floats = npt.NDArray[np.float64]


def group_channels(
    database: Database,
    network: Network,
    *,
    engine: Engine | None = None,
    say: Callable[[str], None] | None = None,
) -> Grouping:
    """Find and store the groups of a network's channels.

    Args:
        engine: ``gds`` for Leiden on the server, ``local`` for Louvain here; as of ``choose_engine``.
        say: called with one line if the server has no GDS.

    Raises:
        SummitGraphError: the network was imported, or has fewer than two classes.
    """
    chosen = choose_engine(database, engine, say=say, what="groups are found")
    found = read_activation_rows(database, network.name)
    _check(network, found)
    channels = read_network_channels(database, network.name)
    inputs = _read_inputs(database, channels, found.classes)
    alike = {layer: _similarities(found, layer, at, inputs, channels) for at, layer in enumerate(found.rows)}
    pairs = {layer: similar_pairs(similarity) for layer, similarity in alike.items()}
    communities = find_channel_communities(database, channels, pairs, engine=chosen)
    grouping = Grouping(
        "leiden" if chosen == "gds" else "louvain",
        tuple(group for layer in alike for group in make_groups(layer, alike[layer], communities[layer])),
        tuple(one for layer in alike for one in make_redundancies(layer, alike[layer])),
    )
    ids = [stored.id for stored in found.classes]
    write_groups(database, network.name, grouping, classes=ids, created=network.created)
    return grouping


def _check(network: Network, found: ActivationRows) -> None:
    if not found.whole:
        raise SummitGraphError(
            f"network {network.name} has only attribution graphs, not the counts of all channels and "
            "influences: groups need a network that was counted"
        )
    if len(found.classes) < 2:
        raise SummitGraphError(f"network {network.name} has fewer than two classes to compare: ingest more")


def _read_inputs(
    database: Database, channels: NetworkChannels, classes: Sequence[StoredClass]
) -> sparse.csr_array:
    """Mean share of images in which each channel influences another, (channels, channels), by position."""
    step = max(1, len(classes) / MOST_CLASSES)
    read = [classes[int(at * step)] for at in range(min(len(classes), MOST_CLASSES))]
    size = len(channels.node)
    total = sparse.csr_array((size, size))
    for stored in read:
        pairs, counts = read_influences(database, channels, stored.id)
        shares = counts / stored.summary.images / len(read)
        total += sparse.coo_array((shares, (pairs[:, 1], pairs[:, 0])), shape=(size, size)).tocsr()
    return total


def _similarities(
    found: ActivationRows, layer: str, at: int, inputs: sparse.csr_array, channels: NetworkChannels
) -> Floats:
    """The similarities of a layer's channels; ``at`` is its place from the lowest layer up."""
    counts = found.rows[layer]
    images = np.array([stored.summary.images for stored in found.classes])[:, None]
    ends = [*channels.starts[1:], len(channels.node)]
    below = None
    if at:
        rows, columns = slice(channels.starts[at], ends[at]), slice(channels.starts[at - 1], ends[at - 1])
        below = inputs[rows, columns].toarray()
    return similarities(counts / images, below, counts.sum(axis=0).astype(np.int64))
