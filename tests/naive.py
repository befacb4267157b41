"""The paper's definition, implemented literally and slowly: the reference for the counts of all kernels.

Single-channel convolutions are computed as depthwise convolutions, some outputs at a time, and their maps are
searched; no closed form, ReLU property, chunk or buffer is used. Counts are dictionaries with the keys of the
count files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.model.weights import Weights
from summit_graph.records import Layer, Parameters
from tests.plain_inception import BLOCKS, PlainInception, PlainMaps

#: Outputs whose depthwise convolutions are computed together, so that their maps fit into memory.
OUTPUTS_AT_ONCE = 16


def naive_counts(
    weights: Weights, pixels: Sequence[Tensor] | Tensor, parameters: Parameters
) -> tuple[Counter, Counter]:
    """Counts of (layer, channel) and of (layer, stop, source, output, input) over the pictures."""
    activations: Counter = Counter()
    hops: Counter = Counter()
    model = PlainInception(weights)
    for picture in pixels:
        for layer, maps in zip(weights.layers, model(picture[None])[0], strict=True):
            activations.update((layer.name, channel) for channel in naive_top(maps, parameters))
            if layer.name != LAYER_NAMES[0]:
                hops.update(naive_hops(model, layer, maps, parameters))
    return activations, hops


def naive_top(maps: PlainMaps, parameters: Parameters) -> list[int]:
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
    """The largest until their cumulative sum is at least ``mass`` times the total."""
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


def naive_hops(model: PlainInception, layer: Layer, maps: PlainMaps, parameters: Parameters) -> list[tuple]:
    """Every (layer, stop, source, output, input) that one image counts in one mixed layer."""
    block = BLOCKS[layer.name]
    previous = LAYER_NAMES[layer.position - 1]
    left_out = parameters.excluded_in(previous)
    rows = []
    for branch, stage, name, inputs in _convolutions(maps):
        stop = f"{branch}_reduce" if stage == "reduce" else layer.name
        source = f"{branch}_reduce" if stage == "expand" else previous
        first = 0 if stage == "reduce" else layer.slice_of(branch).start
        influences = depthwise_influences(inputs, model.weight(f"{block}/{name}"))
        for output, row in enumerate(influences):
            if stage == "reduce" or first + output not in parameters.excluded_in(layer.name):
                chosen = naive_top_inputs(
                    row, parameters.top_influences, excluded=[] if stage == "expand" else left_out
                )
                rows += [(layer.name, stop, source, first + output, given) for given in chosen]
    return rows


def naive_influences(model: PlainInception, maps: PlainMaps) -> Iterator[Tensor]:
    """The influences of every convolution of one mixed layer, float32 (1 image, outputs, inputs)."""
    if maps.name != LAYER_NAMES[0]:
        for _, _, name, inputs in _convolutions(maps):
            for image in inputs:
                weight = model.weight(f"{BLOCKS[maps.name]}/{name}")
                yield torch.tensor([depthwise_influences(image[None], weight)])


def _convolutions(maps: PlainMaps) -> list[tuple[str, str, str, Tensor]]:
    """Branch, stage, name and input of a mixed layer's six convolutions."""
    return [
        ("1x1", "direct", "1x1", maps.input),
        ("pool", "direct", "pool_proj", functional.max_pool2d(maps.input, 3, 1, 1)),
        ("3x3", "reduce", "3x3_reduce", maps.input),
        ("5x5", "reduce", "5x5_reduce", maps.input),
        ("3x3", "expand", "3x3", maps.bottlenecks["3x3"]),
        ("5x5", "expand", "5x5", maps.bottlenecks["5x5"]),
    ]


def depthwise_influences(
    inputs: Tensor,
    weight: Tensor,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | None = None,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> list[list[float]]:
    """max over positions of Z_i * K[o, i] of one image, as [output][input of its group].

    By depthwise convolutions; by default with the padding that keeps the size of an odd kernel's maps.
    """
    padding = (weight.shape[2] // 2, weight.shape[3] // 2) if padding is None else padding
    rows: list[list[float]] = []
    for maps, part in zip(inputs.chunk(groups, dim=1), weight.chunk(groups), strict=True):
        for some in part.split(OUTPUTS_AT_ONCE):
            channels = some.shape[1]
            kernels = some.transpose(0, 1).reshape(-1, 1, *some.shape[2:]).contiguous()
            found = functional.conv2d(maps.contiguous(), kernels, None, stride, padding, dilation, channels)
            rows += found[0].amax((1, 2)).view(channels, len(some)).T.tolist()  # by input, then output
    return rows


def naive_top_inputs(influences: list[float], number: int, *, excluded: Sequence[int] = ()) -> list[int]:
    """The largest inputs with influence > 0, ties to the lower index."""
    candidates = [at for at, value in enumerate(influences) if value > 0 and at not in excluded]
    return sorted(candidates, key=lambda at: (-influences[at], at))[:number]


def table_counter(table: pa.Table, keys: Sequence[str]) -> Counter:
    """A count table as a Counter by its keys."""
    return Counter({tuple(row[key] for key in keys): row["count"] for row in table.to_pylist()})
