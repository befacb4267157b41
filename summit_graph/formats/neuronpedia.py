"""An attribution graph in the JSON that Neuronpedia's and circuit-tracer's viewers read.

Their graphs are of one prompt of a language model; here, the class is the prompt, with one token.

| theirs | here |
|---|---|
| ``layer`` | the number of the layer, from 0 |
| ``feature`` | the channel's layer and index, paired as circuit-tracer pairs a feature's |
| ``clerp`` | the channel's name and label |
| ``activation`` | in how many images it is a top channel |
| ``influence`` | the share of PageRank that it and the channels above it in rank hold: what pruning goes by |
| the logit | the class, with its top-1 accuracy as probability |
| a link's ``weight`` | in which share of the images it is a top influence |
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from summit_graph import __version__
from summit_graph.records import AttributionGraph, Channel, Node

#: The kind of a node whose feature belongs to one layer.
FEATURE = "cross layer transcoder"
#: The place of every node in the prompt.
TOKEN = 0


def to_neuronpedia(graph: AttributionGraph, layers: Sequence[str]) -> str:
    """The graph as JSON by Neuronpedia's ``graph-schema.json``.

    Args:
        layers: all layers of the network, from the lowest up.
    """
    numbers = {layer: at for at, layer in enumerate(layers)}
    value = {
        "metadata": _metadata(graph),
        "qParams": {"pinnedIds": [], "supernodes": [], "linkType": "both", "clickedId": "", "sg_pos": ""},
        "nodes": [*_nodes(graph, numbers), _class_node(graph, len(layers))],
        "links": _links(graph, numbers, len(layers)),
    }
    return json.dumps(value, ensure_ascii=False)


def _metadata(graph: AttributionGraph) -> dict[str, Any]:
    title = graph.summary.title
    slug = re.sub(r"[^a-z0-9]+", "-", f"{graph.network} {graph.summary.name}".lower()).strip("-")
    return {
        "slug": slug or "graph",
        "scan": graph.network,
        "transcoder_list": [],
        "prompt_tokens": [title],
        "prompt": title,
        "schema_version": 1,
        "info": {
            "description": f"The attribution graph of a class of images; {graph.made_by_text}".rstrip("; "),
            "generator": {"name": "summit-graph", "version": __version__},
        },
        "generation_settings": {"class": graph.summary.name, "images": graph.summary.images, **graph.made_by},
    }


def _nodes(graph: AttributionGraph, numbers: dict[str, int]) -> list[dict[str, Any]]:
    ranked = sorted(graph.nodes, key=lambda node: -node.pagerank)
    total = sum(node.pagerank for node in ranked) or 1.0
    shares = accumulate(node.pagerank / total for node in ranked)
    influence = dict(zip((node.channel for node in ranked), shares, strict=True))
    return [_node(node, numbers[node.channel.layer], influence[node.channel]) for node in graph.nodes]


def _node(node: Node, layer: int, influence: float) -> dict[str, Any]:
    index = node.channel.index
    label = node.label.text if node.label else None
    return {
        "node_id": f"{layer}_{index}_{TOKEN}",
        "feature": _paired(layer, index),
        "layer": str(layer),
        "ctx_idx": TOKEN,
        "feature_type": FEATURE,
        "jsNodeId": f"{layer}_{index}-{TOKEN}",
        "clerp": f"{node.channel} {label}" if label else str(node.channel),
        "influence": influence,
        "activation": node.count,
    }


def _class_node(graph: AttributionGraph, layers: int) -> dict[str, Any]:
    """The class as the target logit, one layer above the last."""
    summary = graph.summary
    output = summary.output or 0
    probability = (summary.top1 or 0) / summary.images if summary.images else 0.0
    return {
        "node_id": _class_id(graph, layers),
        "feature": output,
        "layer": str(layers + 1),
        "ctx_idx": TOKEN,
        "feature_type": "logit",
        "token_prob": probability,
        "is_target_logit": True,
        "jsNodeId": f"L_{output}-{TOKEN}",
        "clerp": f'Output "{summary.title}" (p={probability:.3f})',
    }


def _class_id(graph: AttributionGraph, layers: int) -> str:
    return f"{layers + 1}_{graph.summary.output or 0}_{TOKEN}"


def _links(graph: AttributionGraph, numbers: dict[str, int], layers: int) -> list[dict[str, Any]]:
    images = graph.summary.images or max((edge.count for edge in graph.edges), default=1)

    def id_of(channel: Channel) -> str:
        return f"{numbers[channel.layer]}_{channel.index}_{TOKEN}"

    pairs = [(id_of(one.previous), id_of(one.channel), one.count) for one in graph.edges]
    pairs += [(id_of(one.channel), _class_id(graph, layers), one.count) for one in graph.supports]
    return [{"source": source, "target": target, "weight": count / images} for source, target, count in pairs]


def _paired(one: int, other: int) -> int:
    """Cantor's number of a pair."""
    return (one + other) * (one + other + 1) // 2 + other
