"""Remove a class or a network from the graph, and its patches from the examples."""

from __future__ import annotations

from pathlib import Path

from summit_graph.pictures.index import drop_examples, drop_former_examples, former_folder, kept_examples
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, baseline_folder, list_networks
from summit_graph.store.removal import OnCleared, remove_class, remove_network
from summit_graph.system.own_folders import delete_own_folder


def remove_class_whole(
    database: Database, network: Network, name: str, *, on_cleared: OnCleared | None = None
) -> None:
    """Remove a class and its patches.

    Examples of an earlier version are kept if another network of the same model and dataset has the class.
    """
    remove_class(database, network.name, name, on_cleared=on_cleared)
    if not network.model_key:
        return
    drop_examples(network.model_key, network=network.name, class_name=name)
    sharing = _sharing(database, network)
    held = (database.read("view/class_by_name", network=other.name, name=name) for other in sharing)
    if not any(held):
        drop_former_examples(network.model_key, dataset=network.dataset, class_name=name)


def remove_network_whole(
    database: Database, network: Network, *, on_cleared: OnCleared | None = None
) -> None:
    """Remove a network and its folders (``folders_of``)."""
    folders = folders_of(database, network)
    remove_network(database, network, on_cleared=on_cleared)
    delete_own_folder(baseline_folder(network))
    if folders and network.model_key:
        drop_examples(network.model_key, network=network.name)
        if not _sharing(database, network):
            drop_former_examples(network.model_key, dataset=network.dataset)


def folders_of(database: Database, network: Network) -> list[Path]:
    """Folders removed with a network: its examples, and those of an earlier version unless shared."""
    if not network.model_key:
        return []
    former = former_folder(network.model_key, network.dataset)
    folders = [kept_examples(network.model_key, network.name)]
    folders += [] if _sharing(database, network) else [former]
    return [folder for folder in folders if folder is not None]


def _sharing(database: Database, network: Network) -> list[Network]:
    """Other networks whose examples an earlier version kept in the same folder."""
    where = (network.model_key, network.dataset)
    return [
        other
        for other in list_networks(database)
        if (other.model_key, other.dataset) == where and other.name != network.name
    ]
