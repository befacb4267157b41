"""Counting by relevance, implemented literally: every single-channel map times the gradient of its sum.

Values and gradients come from a plain interpreter of the captured operators in float64, by autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from summit_graph.model.program.capture import Captured
from summit_graph.model.program.layers import Layer, Part, Program, Stop, tensor_of
from summit_graph.model.program.sums import Term
from summit_graph.records import Parameters
from tests.naive_programs import Chosen, Key, NaiveCounts, NaiveImage, counts_of_images, interpreted


@dataclass(frozen=True)
class RelevanceOfImage(NaiveImage):
    """One image's values, the gradients of its log-odds, and the mean maps of other images.

    Attributes:
        gradients: of every value by name.
        means: mean maps (channels, height, width) by the value's name; empty for the baseline 0.
        smallest: the smallest relevance that is not 0, as a single element.
    """

    gradients: Mapping[str, Tensor]
    means: Mapping[str, Tensor]
    smallest: list[float]

    def less_mean(self, name: str, layout: Any) -> Tensor:
        """A value's maps less their means, (channels, height, width)."""
        maps = self.maps(name, layout)
        return maps - self.means[name] if self.means else maps

    def gradient(self, name: str, layout: Any) -> Tensor:
        """The gradient of a value as maps, (channels, height, width)."""
        return replace(self, values=dict(self.gradients)).maps(name, layout)

    def measured(self, name: str, layout: Any) -> list[float]:
        return self._noted((self.less_mean(name, layout) * self.gradient(name, layout)).sum((1, 2)))

    def read_maps(self, term: Term) -> Tensor:
        return self.less_mean(term.reads, term.layout)

    def strengths(self, results: Tensor, part: Part, row: int) -> list[float]:
        gradient = self.gradient(part.sum.value, part.sum.layout)[row]
        return self._noted((results * gradient).sum((1, 2)))

    def _noted(self, relevance: Tensor) -> list[float]:
        found: list[float] = relevance.tolist()
        self.smallest[0] = min([self.smallest[0], *(abs(one) for one in found if one)])
        return found

    def hops(self, layer: Layer, stop: Stop) -> Any:
        """Only of channels with positive relevance."""
        relevance = self.measured(*tensor_of(self.program.flow, stop))
        slack = self.rounding * max(map(abs, relevance))
        for part in stop.parts:
            for output, row in zip(part.outputs.tolist(), part.rows.tolist(), strict=True):
                if stop is layer.stop and output in self.parameters.excluded_in(layer.name):
                    continue
                key_of = self._key_of(layer, stop, output)
                yield _if_positive(self._chosen(part, row, key_of), relevance[output], slack)

    def _key_of(self, layer: Layer, stop: Stop, output: int) -> Callable[[str, bool, int], Key]:
        return lambda source, skip, input_: (layer.name, stop.name, source, skip, output, input_)


def count_relevance_naively(
    program: Program,
    images: Tensor,
    parameters: Parameters,
    *,
    output: int,
    others: Tensor | None = None,
    rounding: float,
) -> tuple[NaiveCounts, float, list[float]]:
    """Counts of images, float64 (images, 3, height, width), by the definition.

    Args:
        output: the images' own output.
        others: images of other classes, whose mean maps are the baseline; 0 without them.
        rounding: relevances that differ by less than this share of the largest may be ordered otherwise.

    Returns:
        The counts; the smallest relevance that is not 0: one near 0 is a rounding error of any sign; and each
        channel's relevance summed over the images, layer by layer.
    """
    smallest = [1.0]
    sign = -1 if parameters.measure == "against" else 1
    values, gradients = with_gradients(program.captured, images, output, sign=sign)
    means = {} if others is None else mean_maps(program, others)
    seen = [
        RelevanceOfImage(program, values, image, parameters, rounding, gradients, means, smallest)
        for image in range(len(images))
    ]
    tensors = [tensor_of(program.flow, layer.stop) for layer in program.layers]
    rows = [[value for tensor in tensors for value in one.measured(*tensor)] for one in seen]
    sums = [sum(of_channel) for of_channel in zip(*rows, strict=True)]
    return counts_of_images(program, seen, output=output), smallest[0], sums


def mean_maps(program: Program, images: Tensor) -> dict[str, Tensor]:
    """The mean over images of every value with a layout, as maps (channels, height, width)."""
    values = interpreted(program.captured, images)
    layouts = {name: step.layout for name, step in program.flow.steps.items() if step.layout is not None}
    return {name: layout.maps(values[name]).mean(0) for name, layout in layouts.items()}


def with_gradients(
    captured: Captured, images: Tensor, output: int, *, sign: int = 1
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """All values, and the gradients of sign · log(p / (1 - p)), p being the output's softmax probability."""
    values = interpreted(captured, images.clone().requires_grad_(), gradients=True)
    p = values[captured.output].softmax(1)[:, output]
    odds = sign * (p / (1 - p)).log().sum()
    names = [name for name, one in values.items() if isinstance(one, Tensor) and one.requires_grad]
    found = torch.autograd.grad(odds, [values[name] for name in names], materialize_grads=True)
    return {name: one.detach() if isinstance(one, Tensor) else one for name, one in values.items()}, dict(
        zip(names, found, strict=True)
    )


def _if_positive(chosen: Chosen, relevance: float, slack: float) -> Chosen:
    """What a channel of that relevance counts."""
    return Chosen(
        chosen.exact if relevance > 0 else [],
        chosen.sure if relevance > slack else [],
        chosen.possible if relevance > -slack else [],
    )
