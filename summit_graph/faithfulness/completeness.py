"""How much of what a graph's channels receive comes through the graph's influences.

1. For one image, a channel receives the positive terms of its sum: the influences or the relevance that are
   counted.
2. What comes through a channel of an inner stop is divided among the channels of the layer below in
   proportion to the positive terms of that channel's own sum.
3. The share of a channel is what comes from the channels below that the graph connects it to, divided by all
   that it receives; both are added over the images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.batches import exact_float32
from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.aggregate.gradients import GradientPass, images_at_once
from summit_graph.aggregate.reference import ReferenceSum
from summit_graph.aggregate.relevance import SumRelevance
from summit_graph.aggregate.top_terms import TermCandidates
from summit_graph.analysis.edge_faithfulness import Edges, Received
from summit_graph.model.counted import CountedModel, CountedSum, CountedTerm
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass
from summit_graph.records import Channel, Parameters

Floats = NDArray[np.float64]
#: Of each term of a sum, (images, rows, width); computed for some images at a time.
Contributions = Callable[[CountedSum], list[tuple[TermCandidates, Tensor]]]


def measure_completeness(
    model: CountedModel,
    pixels: NDArray[np.uint8],
    selected: Edges,
    parameters: Parameters,
    *,
    output: int | None,
    baseline: Mapping[str, NDArray[np.float32]] | None = None,
    device: torch.device | str = "cpu",
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Received:
    """What each channel with a selected influence receives, in each image.

    Args:
        model: the network's model.
        pixels: the class's images, uint8 (images, height, width, 3).
        selected: the graph's influences.
        parameters: how the network was counted.
        output: the class's output; None for the predicted one.
        baseline: mean maps that relevance is counted from; without them, zero.
        on_progress: called with the number of images done, and of all.
    """
    layers = [layer for layer, one in selected.items() if one.any()]
    nothing = np.zeros((len(pixels), 0))
    if not layers:
        return Received([], nothing, nothing)
    through, whole = [], []
    for done, contributions in _passes(model, pixels, parameters, output, baseline, device):
        both = [_received(model, layer, selected[layer], contributions) for layer in layers]
        through.append(np.concatenate([one for one, _ in both], axis=1))
        whole.append(np.concatenate([one for _, one in both], axis=1))
        on_progress(done, len(pixels))
    channels = [Channel(layer, int(at)) for layer in layers for at in np.flatnonzero(selected[layer].any(1))]
    return Received(channels, np.concatenate(through), np.concatenate(whole))


def _passes(
    model: CountedModel,
    pixels: NDArray[np.uint8],
    parameters: Parameters,
    output: int | None,
    baseline: Mapping[str, NDArray[np.float32]] | None,
    device: torch.device | str,
) -> Iterator[tuple[int, Contributions]]:
    """For some images at a time what computes the terms of a sum, with the number of images up to there."""
    if parameters.by_relevance:
        run = _relevance(model, parameters, output, baseline or {}, device)
    else:
        run = _activations(model, device)
    at_once = images_at_once(model)
    for start in range(0, len(pixels), at_once):
        some = torch.from_numpy(pixels[start : start + at_once]).to(device)
        with exact_float32(torch.no_grad):
            yield start + len(some), run(prepare_input(some, model.input))


def _activations(model: CountedModel, device: torch.device | str) -> Callable[[Tensor], Contributions]:
    forward = ForwardPass(model.recipe, {name for one in model.sums for name in one.reads()}, device=device)

    def run(images: Tensor) -> Contributions:
        values = forward(images)

        def contributions(counted: CountedSum) -> list[tuple[TermCandidates, Tensor]]:
            terms = ReferenceSum(counted, _cells(counted), number=1, device=device).terms
            return [(term, term.influences(values)) for term in terms]

        return contributions

    return run


def _relevance(
    model: CountedModel,
    parameters: Parameters,
    output: int | None,
    baseline: Mapping[str, NDArray[np.float32]],
    device: torch.device | str,
) -> Callable[[Tensor], Contributions]:
    gradients = GradientPass(model, device=device, against=parameters.is_against)
    maps = {name: torch.from_numpy(one).to(device) for name, one in baseline.items()}

    def run(images: Tensor) -> Contributions:
        found = gradients(images, None if parameters.target == "predicted" else output)

        def contributions(counted: CountedSum) -> list[tuple[TermCandidates, Tensor]]:
            one = SumRelevance(counted, _cells(counted), number=1, device=device)
            return list(zip(one.terms, one.relevances(found, maps), strict=True))

        return contributions

    return run


def _cells(counted: CountedSum) -> SumCells:
    """Cells that are 0 or above for inputs that are counted."""
    terms = [TermCells(term.source, torch.zeros_like(term.source)) for term in counted.terms]
    return SumCells(tuple(terms), shared=False)


def _received(
    model: CountedModel, layer: str, selected: NDArray[np.bool_], contributions: Contributions
) -> tuple[Floats, Floats]:
    """What comes through selected influences, and all; (images, channels that have some) each."""
    lower = next(below for below, above in pairwise(model.channels) if above == layer)
    below = _Below(lower, model.channels[lower], contributions)
    through, whole = [], []
    for counted in (one for one in model.sums if one.layer == layer):
        if counted.stop != layer:
            below.add_stop(counted)
        elif (mine := torch.from_numpy(selected.any(1))[counted.outputs]).any():
            some = _only(counted, mine)
            found, total = below.received(some)
            wanted = torch.from_numpy(selected[some.outputs.numpy()]).to(found)
            through.append((some.outputs, (found * wanted).sum(2)))
            whole.append((some.outputs, total))
    return _in_order(through), _in_order(whole)


class _Below:
    """Where what the sums above a layer receive comes from, in the layer."""

    def __init__(self, lower: str, width: int, contributions: Contributions) -> None:
        self.lower, self.width, self.contributions = lower, width, contributions
        self._shares: dict[str, Tensor] = {}  # of each stop's channels, (images, channels, width)

    def add_stop(self, counted: CountedSum) -> None:
        """The sum of an inner stop, which later sums may read."""
        found, total = self.received(counted)
        shares = found / total.clamp_min(torch.finfo(total.dtype).tiny)[:, :, None]
        channels = int(counted.outputs.max()) + 1
        placed = shares.new_zeros(len(shares), channels, self.width)
        self._shares[counted.stop] = placed.index_copy(1, counted.outputs.to(shares.device), shares)

    def received(self, counted: CountedSum) -> tuple[Tensor, Tensor]:
        """From each channel of the layer (images, rows, width), and in all (images, rows)."""
        found, total = [], []
        pairs = zip(counted.terms, self.contributions(counted), strict=True)
        for term, (candidates, values) in pairs:
            positive = values.double().clamp_min(0)
            total.append(positive.sum(2))
            found += [self._from(name, term, candidates, positive) for name in term.sources]
        return torch.stack(found).sum(0), torch.stack(total).sum(0)

    def _from(self, name: str, term: CountedTerm, candidates: TermCandidates, positive: Tensor) -> Tensor:
        """What comes from a source of a term."""
        at, device = term.sources.index(name), positive.device
        inputs = candidates.first[:, None] + torch.arange(candidates.width, device=device)
        mine = (term.source.to(device) == at)[inputs]
        numbers = term.numbers.to(device)[inputs].clamp_min(0).expand_as(positive)
        channels = self.width if name == self.lower else self._shares[name].shape[1]
        placed = positive.new_zeros(*positive.shape[:2], channels).scatter_add_(2, numbers, positive * mine)
        return placed if name == self.lower else placed @ self._shares[name]


def _only(counted: CountedSum, mine: Tensor) -> CountedSum:
    """The same sum for some of its channels."""
    return replace(counted, outputs=counted.outputs[mine], rows=counted.rows[mine], kept=counted.kept[mine])


def _in_order(parts: Sequence[tuple[Tensor, Tensor]]) -> Floats:
    """(images, channels), ascending, from the numbers and values of some channels each."""
    outputs, values = torch.cat([one for one, _ in parts]), torch.cat([one for _, one in parts], dim=1)
    found: Floats = values.cpu().numpy()[:, outputs.argsort().numpy()]
    return found
