"""Sanity of a graph: with random weights, or images of other classes, it must be another graph.

1.  The reference is the graph of the tested images, built in memory.
2.  Weights: the values of each weight tensor are shuffled, layer by layer from the top, and the graph built
    again each time. The last step has random weights everywhere.
3.  Images: as many images drawn from all classes in place of the class's own.
4.  Chance: random graphs with as many channels of each layer, and as many influences of each pair of layers.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.analysis.stability import GraphParts, jaccard, overlap_json
from summit_graph.faithfulness.rebuilding import GraphBuilder
from summit_graph.faithfulness.subject import Subject
from summit_graph.model.counted import CountedModel
from summit_graph.records import Channel

#: Random graphs, and draws of images of all classes.
CHANCES, DRAWS = 100, 5


def sanity_section(subject: Subject) -> dict[str, Any]:
    """Overlaps of the reference with the graphs of random weights, of other images, and of chance."""
    builder = GraphBuilder(subject.counting_model, subject.parameters, subject.graph.selected_by)

    def built(model: CountedModel, pixels: NDArray[np.uint8]) -> GraphParts:
        return builder.build(subject.count(model, pixels, subject.dataset))

    reference = built(subject.counting_model, subject.pixels)
    random = np.random.default_rng(subject.seed)
    weights = [
        {"layer": layer, **_overlap(reference, built(model, subject.pixels))}
        for layer, model in with_random_weights(subject.counting_model, subject.seed)
    ]
    images = [built(subject.counting_model, one) for one in _drawn(subject, random)]
    chance = [random_graph(reference, subject.scores.channels, random) for _ in range(CHANCES)]
    found = {
        "images": len(subject.pixels),
        "sizes": {"nodes": len(reference.nodes), "edges": len(reference.edges)},
        "stored": _overlap(reference, GraphParts.of(subject.graph)),
        "weights": weights,
        "shuffled_images": overlap_json(reference, images),
        "chance": overlap_json(reference, chance),
    }
    return {**found, "verdict": _verdict(found)}


def with_random_weights(model: CountedModel, seed: int) -> Iterator[tuple[str, CountedModel]]:
    """The model with the weights of ever more layers shuffled, from the top; yields the layer's name.

    The first has the weights above the highest layer random, and is named "output". Each is valid until the
    next one is taken.
    """
    changed, random = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    names = _weights_by_layer(changed)
    for layer in reversed([*names]):
        for name in names[layer]:
            weight = changed.recipe.tensors[name]
            order = torch.randperm(weight.numel(), generator=random)
            with torch.no_grad():
                weight.copy_(weight.reshape(-1)[order].reshape(weight.shape))
        yield layer, changed


def _weights_by_layer(model: CountedModel) -> dict[str, list[str]]:
    """The names of the weights that each layer's tensor is computed from beside lower layers', in order."""
    layers = {where.tensor: where.name for where in model.maps}
    found: dict[str, list[str]] = {}
    waiting: list[str] = []
    weights = {name for name, one in model.recipe.tensors.items() if one.ndim > 1 and one.is_floating_point()}
    for one in model.recipe.instructions:
        waiting += [name for name in one.reads if name in weights]
        weights -= set(waiting)
        if one.name in layers:
            found[layers[one.name]], waiting = waiting, []
    return {**found, "output": waiting}


def random_graph(graph: GraphParts, channels: Mapping[str, int], random: np.random.Generator) -> GraphParts:
    """A graph with as many channels of each layer, and as many influences between each two layers.

    Args:
        channels: number of channels of each layer.
    """
    sizes = Counter(one.layer for one in graph.nodes)
    nodes = {
        layer: [Channel(layer, int(at)) for at in random.choice(channels[layer], number, replace=False)]
        for layer, number in sizes.items()
    }
    edges: list[tuple[Channel, Channel]] = []
    for (below, layer), number in Counter((one.layer, two.layer) for one, two in graph.edges).items():
        pairs = list(product(nodes[below], nodes[layer]))
        edges += [pairs[at] for at in random.choice(len(pairs), number, replace=False)]
    return GraphParts(frozenset(chain(*nodes.values())), frozenset(edges))


def _drawn(subject: Subject, random: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """As many images as the class has, of all classes."""
    every = subject.pixels_of_all()
    for _ in range(DRAWS):
        yield every[random.choice(len(every), len(subject.pixels), replace=False)]


def _overlap(reference: GraphParts, graph: GraphParts) -> dict[str, float]:
    return {
        "nodes": jaccard(reference.nodes, graph.nodes),
        "edges": jaccard(reference.edges, graph.edges),
    }


def _verdict(found: Mapping[str, Any]) -> str:
    weights, chance = found["weights"][-1]["nodes"], found["chance"]["nodes"]
    images = found["shuffled_images"]["nodes"][0]
    on_weights = "depends" if weights <= chance[2] else "does not depend enough"
    on_class = "nothing" if images <= chance[2] else "a part"
    return (
        f"With random weights, the overlap of the channels (Jaccard) is {weights:.2f}, with images of all "
        f"classes {images:.2f}, by chance {chance[0]:.2f} ({chance[1]:.2f} to {chance[2]:.2f}): the graph "
        f"{on_weights} on the weights, and {on_class} of it is of images in general."
    )
