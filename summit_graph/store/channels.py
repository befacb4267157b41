"""The channels of a network with their internal node ids (``id()`` in Cypher, node ids in GDS).

An id finds its node without an index, which halves the cost of writing a relationship. It is valid as long as
the network exists, so writers must check how many relationships were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from summit_graph.errors import CountFilesError
from summit_graph.records import Channel
from summit_graph.store.connection import Database

Ints = npt.NDArray[np.int64]


class NetworkChannels(NamedTuple):
    """All channels of a network, in order of layer and index.

    ``starts`` cuts the arrays in layers; ``included`` is False for excluded channels.
    """

    network: str
    node: Ints
    layer: list[str]
    indices: Ints
    starts: list[int]
    included: npt.NDArray[np.bool_]

    def by_layer(self, values: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Values of all channels, one array per layer."""
        return np.split(values, self.starts[1:])

    def positions(self, nodes: Sequence[int] | Ints) -> Ints:
        """Positions of the channels with these node ids."""
        order = np.argsort(self.node)
        return order[np.searchsorted(self.node, nodes, sorter=order)]

    def nodes_of(self, layers: pa.ChunkedArray, indices: pa.ChunkedArray, *, of: str) -> Ints:
        """Node ids of a class's channels, given as columns of layer names and indices."""
        ends = [*self.starts[1:], len(self.node)]
        places = {self.layer[start]: range(start, end) for start, end in zip(self.starts, ends, strict=True)}
        return self.node[numbers_of(places, layers, indices, of=of)]


def read_network_channels(
    database: Database, network: str, excluded: Sequence[Channel] = ()
) -> NetworkChannels:
    """All channels of a network; ``included`` is False for the excluded ones."""
    rows = database.read("rank/channels", network=network)
    layer = [row["layer"] for row in rows]
    left_out = set(excluded)
    return NetworkChannels(
        network=network,
        node=np.array([row["node"] for row in rows], np.int64),
        layer=layer,
        indices=np.array([row["index"] for row in rows], np.int64),
        starts=[at for at, name in enumerate(layer) if at == 0 or layer[at - 1] != name],
        included=np.array([Channel(row["layer"], row["index"]) not in left_out for row in rows], bool),
    )


def numbers_of(
    places: Mapping[str, range], layers: pa.ChunkedArray, indices: pa.ChunkedArray, *, of: str
) -> Ints:
    """Numbers of a class's channels: the first number of the layer plus the index.

    Args:
        places: each layer's numbers.
        of: the class's name, for the error message.

    Raises:
        CountFilesError: a layer or an index does not exist.
    """
    if not len(layers):
        return np.zeros(0, np.int64)
    encoded = layers.unify_dictionaries().combine_chunks().dictionary_encode()
    layer, index = encoded.indices.to_numpy(), indices.to_numpy()
    names = encoded.dictionary.to_pylist()
    known = [places.get(name, range(0)) for name in names]
    outside = (index < 0) | (index >= np.array([len(one) for one in known])[layer])
    if outside.any():
        at = int(outside.argmax())
        raise CountFilesError(_outside(names[layer[at]], int(index[at]), places, of))
    return np.array([one.start for one in known], np.int64)[layer] + index


def _outside(layer: str, index: int, places: Mapping[str, range], class_name: str) -> str:
    has = f"{layer} has {len(places[layer])} channels" if layer in places else "there is no such layer"
    return f"class {class_name!r} counts channel {layer}/{index}, but {has}: count the class again"
