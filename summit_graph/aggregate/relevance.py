"""Counts by relevance: what a channel, or a term of a sum, does for an output's log-odds (SPEC 3).

m is the log-odds of an image's output.

1. The relevance of a channel is the sum over positions of (Z - b) · dm/dZ; Z is the layer's tensor, b the
   baseline: the mean map over images of other classes, or 0.
2. The relevance of a term is the sum over positions of its map · dm/dS; S is the sum that it is part of, and
   the map is computed from what the term reads less the baseline. For a convolution this is its kernel times
   the gradient of the kernel by this image alone.
3. Counting is that of activations and influences: the channels with the most positive relevance, and for each
   output channel of positive relevance the terms with the most positive relevance.
4. Under the measure ``against``, m is the negated log-odds: what has negative relevance is counted.
5. The relevance of each channel, of either sign, is also summed over the images. Each image's is rounded to a
   multiple of 2^-24, so that sums are exact in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.baselines import read_baseline, rounded
from summit_graph.aggregate.batches import BatchCounter, choose_kernel
from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.aggregate.gradients import GradientPass, Gradients, images_at_once
from summit_graph.aggregate.reference import MOST_INFLUENCES, is_pointwise, padded_maps
from summit_graph.aggregate.top_terms import TermCandidates, TopTerms
from summit_graph.model.counted import CountedSum, CountedTerm
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.steps import Mixing

#: Maximum number of values of a kernel's gradient in memory at a time.
MOST_WEIGHTS = 16_000_000
#: Mean maps (channels, height, width) by the value's name; a value without one has the baseline 0.
MeanMaps = Mapping[str, Tensor]


class RelevanceCounter(BatchCounter):
    """Counts batches by relevance; arguments as of ``BatchCounter``, whose ``kernel`` is not used."""

    _without_gradients = staticmethod(torch.no_grad)

    def _prepare(self, counts: bool) -> None:
        self._gradients = GradientPass(self.model, device=self.device, against=self.parameters.is_against)
        self._together = images_at_once(self.model, self.device)
        self._tensors = {where.tensor: where.layout for where in self.model.maps}
        self._tensors |= {one.tensor: one.tensor_layout for one in self.model.sums}
        self._sums = [self._of_sum(*pair) for pair in zip(self.model.sums, self.layout.sums, strict=True)]
        self._relevance_of_outputs: dict[int, SumRelevance] = {}
        self._baseline: tuple[Path | None, MeanMaps] = (None, {})
        channels = sum(layer.channels for layer in self.model.layers)
        self._total = torch.zeros(channels, dtype=torch.float64, device=self.device)

    def add(self, pixels: Tensor, *, baseline: Path | None = None, **options: Any) -> None:
        """Count a batch, a few images at a time; arguments as of ``BatchCounter.add``."""
        if baseline != self._baseline[0]:
            self._baseline = (baseline, read_baseline(baseline, self.device) if baseline else {})
        super().add(pixels, **options)

    def _run(self, images: Tensor) -> Tensor:
        output = None if self.parameters.target == "predicted" else self._output
        found, baseline = self._gradients(images, output), self._baseline[1]
        relevance = {
            tensor: channel_relevance(found, tensor, layout, baseline)
            for tensor, layout in self._tensors.items()
        }
        for where in self.model.maps:
            if self.top_images:
                self._see_layer(where, False, found.values)
            self._count_channels(where, relevance[where.tensor])
        self._add_relevance([relevance[where.tensor] for where in self.model.maps])
        for one in self._sums:
            one.count(found, baseline, self.cells, relevance[one.counted.tensor][:, one.outputs] > 0)
        if self.model.logits:
            self._count_outputs(found)
        return found.logits

    def _counted(self) -> list[Tensor]:
        return [*super()._counted(), self._total]

    def _add_relevance(self, layers: Sequence[Tensor]) -> None:
        """Add the images' relevance, (images, channels) of each layer."""
        self._total += rounded(torch.cat(list(layers), dim=1)).sum(0)

    def _read_relevance(self) -> NDArray[np.float64]:
        total: NDArray[np.float64] = self._total.cpu().numpy().copy()
        self._total.zero_()
        return total

    def _count_outputs(self, found: Gradients) -> None:
        """The terms of each image's output, counted for its class."""
        outputs = found.outputs.unique().tolist()
        for output in outputs:
            if output not in self._relevance_of_outputs:
                counted, cells = self.layout.sum_of_output(output)
                self._relevance_of_outputs[output] = self._of_sum(counted, cells)
            part = found if len(outputs) == 1 else _only(found, found.outputs == output)
            wanted = torch.ones(len(part.logits), 1, dtype=torch.bool, device=self.device)
            self._relevance_of_outputs[output].count(part, self._baseline[1], self.cells, wanted)

    def _of_sum(self, counted: CountedSum, cells: SumCells) -> SumRelevance:
        return SumRelevance(counted, cells, number=self.parameters.top_influences, device=self.device)


class SumRelevance:
    """Counts the most relevant terms of the channels of one sum; arguments as of ``TopTerms``."""

    def __init__(
        self, counted: CountedSum, cells: SumCells, *, number: int, device: torch.device | str = "cpu"
    ) -> None:
        self.counted = counted
        pairs = zip(counted.terms, cells.terms, strict=True)
        self.terms = [TermRelevance(term, placed, counted.rows, device=device) for term, placed in pairs]
        self.top = top_terms(device)(counted, cells, self.terms, number=number, device=device)
        self.outputs = counted.outputs.to(device)

    def count(self, found: Gradients, baseline: MeanMaps, counts: Tensor, wanted: Tensor) -> None:
        """Add each image's most relevant terms.

        Args:
            found: values and gradients.
            baseline: mean maps.
            counts: int32 (cells,), the whole vector of counts.
            wanted: bool (images, rows), the outputs whose terms are counted.
        """
        at_once = max(1, MOST_INFLUENCES // self.top.size)
        for start in range(0, len(wanted), at_once):
            images = slice(start, start + at_once)
            contributions = self.relevances(_only(found, images), baseline, wanted[images])
            self.top.add_wanted(contributions, wanted[images], counts)

    def relevances(self, found: Gradients, baseline: MeanMaps, wanted: Tensor | None = None) -> list[Tensor]:
        """Of each term, (images, rows, width of the term); anything where not ``wanted`` (images, rows)."""
        gradient = found.of(self.counted.value, self.counted.layout)
        return [term.relevances(found, gradient, baseline, wanted) for term in self.terms]


def top_terms(device: torch.device | str) -> type[TopTerms]:
    """What selects and counts the most relevant terms on a device."""
    if torch.device(device).type == "cpu" or choose_kernel("auto", device) == "reference":
        return TopTerms
    from summit_graph.aggregate.fused_gpu import GpuTopTerms  # Triton is installed only with torch for GPUs

    return GpuTopTerms


class TermRelevance(TermCandidates):
    """The relevance of the inputs of a sum through one term; arguments as of ``TermCandidates``."""

    def __init__(
        self, counted: CountedTerm, cells: TermCells, rows: Tensor, *, device: torch.device | str = "cpu"
    ) -> None:
        super().__init__(counted, cells, rows, device=device)
        if self.mixing is not None and self.mixing.groups == 1:
            self.mixing = replace(self.mixing, weight=self.mixing.weight[self.rows])

    def relevances(
        self, found: Gradients, gradient: Tensor, baseline: MeanMaps, wanted: Tensor | None = None
    ) -> Tensor:
        """(images, rows, width); 0 for inputs that are not counted.

        Args:
            found: values and gradients.
            gradient: (images, channels, height, width), of the sum.
            baseline: mean maps.
            wanted: bool (images, rows); where it is False, anything may be returned.
        """
        assert self.term.layout is not None
        maps = _less_baseline(found, self.term.reads, self.term.layout, baseline)
        if self.mixing is None:
            relevance = (maps * gradient).sum((2, 3))[:, self.rows, None]
        elif self.mixing.groups == 1:
            relevance = kernel_relevance(maps, self.mixing, gradient[:, self.rows], wanted)
        else:
            relevance = kernel_relevance(maps, self.mixing, gradient)[:, self.rows]
        factors = self.factors(found.values).to(maps.dtype)
        return self.counted(relevance.mul_(factors[:, :, None]))


def channel_relevance(found: Gradients, name: str, layout: Layout, baseline: MeanMaps) -> Tensor:
    """The relevance of each channel of a value, (images, channels)."""
    return (_less_baseline(found, name, layout, baseline) * found.of(name, layout)).sum((2, 3))


def kernel_relevance(maps: Tensor, mixing: Mixing, gradient: Tensor, wanted: Tensor | None = None) -> Tensor:
    """The sum over positions of (an input's map * kernel) · gradient, (images, outputs, inputs of a group).

    Args:
        maps: (images, inputs, height, width).
        mixing: the convolution.
        gradient: (images, outputs, height, width), of the convolution's output.
        wanted: bool (images, outputs), without groups; 0 may be returned where it is False.
    """
    if is_pointwise(mixing) and mixing.groups == 1:
        down, across = mixing.stride
        return _pointwise_relevance(maps[:, :, ::down, ::across], mixing.weight[:, :, 0, 0], gradient, wanted)
    padded = padded_maps(maps, mixing)
    if mixing.weight.shape[1] == 1:
        return _depthwise_relevance(padded, mixing, gradient)
    if maps.device.type != "cpu" and mixing.groups == 1:
        return _relevance_of_patches(padded, mixing, gradient)
    found = maps.new_zeros(len(maps), *mixing.weight.shape[:2])
    for image, (planes, of_image) in enumerate(zip(padded, gradient, strict=True)):
        for rows in _rows_at_once(mixing, None if wanted is None else wanted[image]):
            weight = mixing.weight[rows]
            changed = _kernel_gradient(planes[None], weight, mixing, of_image[None, rows])
            found[image, rows] = changed.mul_(weight).sum((2, 3))
    return found


def _pointwise_relevance(read: Tensor, weight: Tensor, gradient: Tensor, wanted: Tensor | None) -> Tensor:
    """``kernel_relevance`` of a 1x1 kernel, weight (outputs, inputs)."""
    read, gradient = read.flatten(2), gradient.flatten(2)
    if wanted is None or wanted.device.type != "cpu":
        return torch.bmm(gradient, read.transpose(1, 2)).mul_(weight)
    found = read.new_zeros(len(read), *weight.shape)
    for image, rows in enumerate(wanted):
        found[image, rows] = torch.mm(gradient[image, rows], read[image].T).mul_(weight[rows])
    return found


def _depthwise_relevance(padded: Tensor, mixing: Mixing, gradient: Tensor) -> Tensor:
    """``kernel_relevance`` where each output reads one channel: the kernel's maps times the gradient."""
    maps = functional.conv2d(padded, mixing.weight, None, mixing.stride, 0, mixing.dilation, mixing.groups)
    return (maps * gradient).sum((2, 3))[:, :, None]


def _relevance_of_patches(padded: Tensor, mixing: Mixing, gradient: Tensor) -> Tensor:
    """``kernel_relevance`` of all images at once: the gradient of each image's kernel is a matrix product."""
    outputs, inputs, tall, wide = mixing.weight.shape
    found = padded.new_empty(len(padded), outputs, inputs)
    at_once = max(1, MOST_WEIGHTS // mixing.weight.numel())
    for start in range(0, len(padded), at_once):
        images = slice(start, start + at_once)
        patches = functional.unfold(padded[images], (tall, wide), mixing.dilation, 0, mixing.stride)
        changed = torch.bmm(gradient[images].flatten(2), patches.transpose(1, 2))
        products = changed.mul_(mixing.weight.reshape(1, outputs, -1))
        found[images] = products.unflatten(2, (inputs, -1)).sum(3)
    return found


def _rows_at_once(mixing: Mixing, wanted: Tensor | None) -> Sequence[Tensor]:
    """The outputs that are computed together, by the memory of their kernels."""
    outputs, *kernel = mixing.weight.shape
    rows = torch.arange(outputs, device=mixing.weight.device)
    if mixing.groups > 1:
        return [rows]
    rows = rows if wanted is None else rows[wanted]
    return rows.split(max(1, MOST_WEIGHTS // math.prod(kernel))) if len(rows) else []


def _kernel_gradient(padded: Tensor, weight: Tensor, mixing: Mixing, gradient: Tensor) -> Tensor:
    """The gradient of kernels, of their shape.

    In channels-last order, torch's gradient of grouped kernels in float64 is wrong (2.15).
    """
    none = (0, 0)
    if mixing.groups > 1:
        padded, weight = padded.contiguous(), weight.contiguous()
    needed = (False, True, False)
    return torch.ops.aten.convolution_backward(
        gradient,
        padded,
        weight,
        None,
        mixing.stride,
        none,
        mixing.dilation,
        False,
        none,
        mixing.groups,
        needed,
    )[1]


def _less_baseline(found: Gradients, name: str, layout: Layout, baseline: MeanMaps) -> Tensor:
    maps = layout.maps(found.values[name])
    return maps - baseline[name] if name in baseline else maps


def _only(found: Gradients, images: Tensor | slice) -> Gradients:
    """The same for some of the images."""
    if isinstance(images, slice) and images.stop - (images.start or 0) >= len(found.logits):
        return found
    return Gradients(
        found.logits[images],
        found.outputs[images],
        {name: value[images] for name, value in found.values.items()},
        {name: None if value is None else value[images] for name, value in found.gradients.items()},
    )
