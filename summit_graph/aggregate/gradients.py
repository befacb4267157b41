"""One forward and one backward pass: values, and the gradients of an output's log-odds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from summit_graph.errors import ModelError
from summit_graph.model.counted import CountedModel, CountedSum
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.running import ForwardPass

#: Maximum number of values of an image's counted tensors, times images, in one backward pass: 64 MB on a CPU,
#: whose caches are small, and 1 GB on a GPU.
MOST_VALUES, MOST_GPU_VALUES = 16_000_000, 256_000_000


@dataclass(frozen=True)
class Gradients:
    """The values of some images, and the gradients of each image's log-odds.

    Attributes:
        logits: (images, outputs).
        outputs: int64 (images,), the output that the log-odds are of.
        values: by name, without gradients.
        gradients: of the values by name; None where the log-odds do not depend on a value.
    """

    logits: Tensor
    outputs: Tensor
    values: Mapping[str, Tensor]
    gradients: Mapping[str, Tensor | None]

    def of(self, name: str, layout: Layout) -> Tensor:
        """The gradient of a value as maps (images, channels, height, width)."""
        found = self.gradients[name]
        return layout.maps(torch.zeros_like(self.values[name]) if found is None else found)


class GradientPass:
    """Runs a model forward and backward, down to its first layer.

    Args:
        model: the model.
        device: where it runs.
        against: take the gradients of the negated log-odds.
    """

    def __init__(
        self, model: CountedModel, *, device: torch.device | str = "cpu", against: bool = False
    ) -> None:
        check_outputs(model)
        self.sign = -1 if against else 1
        self.output = model.output
        self.graded = {
            *(maps.tensor for maps in model.maps),
            *(name for one in model.sums for name in (one.value, one.tensor)),
            *([model.logits.value] if model.logits else []),
        }
        wanted = {model.output, *self.graded, *values_read(model), *_gates(model)}
        first = model.maps[0].tensor
        self.forward = ForwardPass(model.recipe, wanted, device=device, edits={first: _as_leaf})

    def __call__(self, images: Tensor, output: int | Tensor | None = None) -> Gradients:
        """For images (images, 3, height, width), normalized.

        Args:
            output: that of all images, or int64 (images,); by default each image's predicted one.
        """
        with torch.enable_grad():
            values = self.forward(images)
            logits = values[self.output]
            outputs = outputs_of(logits, output)
            odds = self.sign * log_odds(logits, outputs).sum()
        names = sorted(name for name in self.graded if values[name].requires_grad)
        found = torch.autograd.grad(odds, [values[name] for name in names], allow_unused=True)
        gradients = {**dict.fromkeys(self.graded), **dict(zip(names, found, strict=True))}
        return Gradients(
            logits.detach(), outputs, {name: value.detach() for name, value in values.items()}, gradients
        )


def check_outputs(model: CountedModel) -> None:
    """Raise ModelError if the model has a single output, whose log-odds are not defined."""
    if model.outputs < 2:
        raise ModelError(f"{model.name} has one output: relevance needs the log-odds of one among several")


def outputs_of(logits: Tensor, output: int | Tensor | None) -> Tensor:
    """The output of each image, int64 (images,), on the logits' device; by default the predicted one."""
    if output is None:
        return logits.argmax(1)
    return torch.as_tensor(output, device=logits.device).expand(len(logits))


def log_odds(logits: Tensor, outputs: Tensor) -> Tensor:
    """log(p / (1 - p)) of an output's softmax probability p, (images,).

    Args:
        logits: (images, outputs).
        outputs: int64 (images,).
    """
    own = logits.gather(1, outputs[:, None])
    others = logits.scatter(1, outputs[:, None], -torch.inf)
    return own[:, 0] - others.logsumexp(1)


def values_read(model: CountedModel) -> Mapping[str, Layout]:
    """The values that relevance is counted from, with their layouts.

    They are the tensors of layers and stops, and what the terms of their sums read.
    """
    found = {maps.tensor: maps.layout for maps in model.maps}
    for one in _all_sums(model):
        found[one.tensor] = one.tensor_layout
        for term in one.terms:
            assert term.term.layout is not None
            found[term.term.reads] = term.term.layout
    return found


def images_at_once(model: CountedModel, device: torch.device | str = "cpu") -> int:
    """How many images one backward pass takes, by the memory of their values."""
    layouts = {**values_read(model), **{one.value: one.layout for one in model.sums}}
    values = sum(one.channels * one.size[0] * one.size[1] for one in layouts.values())
    most = MOST_VALUES if torch.device(device).type == "cpu" else MOST_GPU_VALUES
    return max(1, most // max(1, values))


def _all_sums(model: CountedModel) -> tuple[CountedSum, ...]:
    return (*model.sums, model.logits) if model.logits else model.sums


def _gates(model: CountedModel) -> Collection[str]:
    return {gate.value for one in _all_sums(model) for term in one.terms for gate in term.term.factors.gates}


def _as_leaf(value: Tensor) -> Tensor:
    """A copy at which the backward pass ends."""
    return value.detach().clone().requires_grad_()
