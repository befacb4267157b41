"""The pictures of a network's channels: rendered for its model, or published with an imported network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from summit_graph.pictures.index import Example, ExampleOwner, Pictures, find_pictures, published_pictures
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, find_network
from summit_graph.views.classes import list_classes

#: The folder of published data with the patches that activate a channel most.
_EXAMPLES = "dataset-p"


def read_pictures(database: Database, network: str) -> Pictures:
    """All pictures and examples of a network's channels; may be empty.

    Raises:
        UnknownNameError: there is no such network.
        SummitGraphError: an index of pictures is damaged.
    """
    found = find_network(database, network)
    folder = database.read("view/pictures", network=network)[0]["pictures"]
    if folder is None:
        return find_pictures(found.model_key, owner=example_owner(database, found))
    published = published_pictures(Path(folder))
    return Pictures(published.files, _published_examples(Path(folder) / _EXAMPLES))


def example_owner(database: Database, network: Network) -> ExampleOwner:
    """The network as the owner of examples."""
    classes = {stored.summary.name for stored in list_classes(database, network.name)}
    return ExampleOwner(network.name, network.dataset, network.created, classes)


def _published_examples(folder: Path) -> Mapping[Channel, tuple[Example, ...]]:
    """``mixed4c-447-dataset-p-3.jpg`` is the patch of rank 3 of mixed4c/447; its image is unknown."""
    found: dict[Channel, list[tuple[int, Path]]] = {}
    for file in folder.glob(f"*-{_EXAMPLES}-*"):
        name, _, rank = file.stem.rpartition(f"-{_EXAMPLES}-")
        layer, _, index = name.partition("-")
        if index.isdecimal() and rank.isdecimal():
            found.setdefault(Channel(layer, int(index)), []).append((int(rank), file))
    return {
        channel: tuple(Example("", file.name, 0.0, (0, 0, 0, 0), file) for _, file in sorted(files))
        for channel, files in found.items()
    }
