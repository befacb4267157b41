"""Taking a class or a network out: of the graph, and its images' patches out of the examples."""

from __future__ import annotations

from summit_graph.pictures.index import drop_examples
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, list_networks
from summit_graph.store.removal import OnCleared, remove_class, remove_network


def remove_class_whole(
    database: Database, network: Network, name: str, *, on_cleared: OnCleared | None = None
) -> None:
    """Remove a class, and its patches unless another network of the model and dataset holds the class."""
    remove_class(database, network.name, name, on_cleared=on_cleared)
    sharing = _sharing(database, network)
    held = (database.read("view/class_by_name", network=other.name, name=name) for other in sharing)
    if network.weights_sha256 and not any(held):
        drop_examples(network.weights_sha256, dataset=network.dataset, class_name=name)


def remove_network_whole(
    database: Database, network: Network, *, on_cleared: OnCleared | None = None
) -> None:
    """Remove a network, and all patches unless another network is of the same model and dataset."""
    sharing = _sharing(database, network)
    remove_network(database, network.name, on_cleared=on_cleared)
    if network.weights_sha256 and not sharing:
        drop_examples(network.weights_sha256, dataset=network.dataset)


def _sharing(database: Database, network: Network) -> list[Network]:
    """The other networks whose examples lie in the same folder."""
    where = (network.weights_sha256, network.dataset)
    return [
        other
        for other in list_networks(database)
        if (other.weights_sha256, other.dataset) == where and other.name != network.name
    ]
