"""The paper's definition, word for word and slowly: what every kernel's counts are held against.

Single-channel convolutions are run one output at a time as depthwise convolutions and their maps are looked
at; nothing is known here of closed forms, ReLU, chunks or buffers. Counts are dictionaries by the count
files' keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from summit_graph.model.architecture import InceptionV1, MixedMaps
from summit_graph.model.checkpoints import caffe_block
from summit_graph.model.weights import Weights
from summit_graph.records import BRANCHES, LAYER_NAMES, Layer, Parameters, previous_layer


def naive_counts(
    weights: Weights, pixels: Sequence[Tensor] | Tensor, parameters: Parameters
) -> tuple[Counter, Counter]:
    """Counts of (layer, channel) and of (layer, branch, stage, output, input) over the pictures."""
    activations: Counter = Counter()
    hops: Counter = Counter()
    model = InceptionV1(weights)
    for picture in pixels:
        for layer, maps in zip(weights.layers, model.forward(picture[None]).mixed, strict=True):
            activations.update((layer.name, channel) for channel in naive_top(maps, parameters))
            if layer.name != LAYER_NAMES[0]:
                hops.update(naive_hops(model, layer, maps, parameters))
    return activations, hops


def naive_top(maps: MixedMaps, parameters: Parameters) -> list[int]:
    """The image's top channels of one layer, by mass or by number."""
    excluded = parameters.excluded_in(maps.name)
    values = {
        channel: float(maps.output[0, channel].max())
        for channel in range(maps.output.shape[1])
        if channel not in excluded
    }
    ranked = [
        channel for channel in sorted(values, key=lambda one: (-values[one], one)) if values[channel] > 0
    ]
    if parameters.mass is None:
        return ranked[: parameters.top_activations]
    return naive_mass([values[channel] for channel in ranked], ranked, parameters.mass)


def naive_mass(values: list[float], channels: list[int], mass: float) -> list[int]:
    """From the largest down until the cumulated mass is at least ``mass`` times the sum."""
    total = 0.0
    for value in values:
        total += value
    taken, cumulated = [], 0.0
    for value, channel in zip(values, channels, strict=True):
        if cumulated >= mass * total:
            break
        taken.append(channel)
        cumulated += value
    return taken


def naive_hops(model: InceptionV1, layer: Layer, maps: MixedMaps, parameters: Parameters) -> list[tuple]:
    """Every (layer, branch, stage, output, input) that one image counts in one mixed layer."""
    block = caffe_block(layer.name)
    pooled = functional.max_pool2d(maps.input, 3, 1, 1)
    previous = previous_layer(layer.name)
    left_out = parameters.excluded_in(previous) if previous else []
    rows = []
    for branch, stage, name, inputs in (
        ("1x1", "direct", "1x1", maps.input),
        ("pool", "direct", "pool_proj", pooled),
        ("3x3", "reduce", "3x3_reduce", maps.input),
        ("5x5", "reduce", "5x5_reduce", maps.input),
        ("3x3", "expand", "3x3", maps.bottlenecks["3x3"]),
        ("5x5", "expand", "5x5", maps.bottlenecks["5x5"]),
    ):
        first = 0 if stage == "reduce" else sum(layer.branches[: BRANCHES.index(branch)])  # type: ignore[index]
        influences = depthwise_influences(inputs, model.weight(f"{block}/{name}"))
        for output, row in enumerate(influences):
            if stage == "reduce" or first + output not in parameters.excluded_in(layer.name):
                chosen = naive_top_inputs(
                    row, parameters.top_influences, excluded=[] if stage == "expand" else left_out
                )
                rows += [(layer.name, branch, stage, first + output, given) for given in chosen]
    return rows


def depthwise_influences(inputs: Tensor, weight: Tensor) -> list[list[float]]:
    """max over positions of Z_i * K[o, i] of one image, as [output][input], by depthwise convolutions."""
    side = weight.shape[-1]
    rows = []
    for kernel in weight:  # one output at a time
        maps = functional.conv2d(inputs, kernel[:, None], groups=inputs.shape[1], padding=side // 2)
        rows.append(maps[0].amax((1, 2)).tolist())
    return rows


def naive_top_inputs(influences: list[float], number: int, *, excluded: Sequence[int] = ()) -> list[int]:
    """The largest inputs with influence > 0, ties to the lower index."""
    candidates = [at for at, value in enumerate(influences) if value > 0 and at not in excluded]
    return sorted(candidates, key=lambda at: (-influences[at], at))[:number]


def table_counter(table, keys: Sequence[str]) -> Counter:  # type: ignore[no-untyped-def]
    """A count table as a Counter by its keys."""
    return Counter({tuple(row[key] for key in keys): row["count"] for row in table.to_pylist()})
