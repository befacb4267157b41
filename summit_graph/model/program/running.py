"""The forward pass of a captured program, which returns values by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node
from torch.fx.node import map_arg

from summit_graph.model.program.capture import Captured


class ForwardPass:
    """Runs the part of a program that the wanted values need; a value is freed after its last reader.

    Args:
        wanted: names of values, such as a layer's tensor or the program's output.
        device: where the program runs; its tensors are copied there once.
    """

    def __init__(
        self, captured: Captured, wanted: Collection[str], *, device: torch.device | str = "cpu"
    ) -> None:
        self.input = captured.input
        self.wanted = frozenset(wanted)
        needed = _needed(captured, self.wanted)
        self.device = torch.device(device)
        self.tensors = {name: one.to(self.device) for name, one in captured.tensors.items() if name in needed}
        self.order = [node for node in captured.order if node.name in needed]
        self.freed = _freed_after(self.order, {*self.wanted, *self.tensors})

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """The wanted values for images (images, 3, height, width), normalized as the model requires."""
        values: dict[str, Any] = {**self.tensors, self.input: images.to(self.device)}
        for node in self.order:
            values[node.name] = self._computed(node, values)
            for name in self.freed.get(node.name, ()):
                del values[name]
        return {name: values[name] for name in self.wanted}

    def _computed(self, node: Node, values: dict[str, Any]) -> Any:
        args = map_arg(node.args, lambda one: values[one.name])
        kwargs = map_arg(node.kwargs, lambda one: values[one.name])
        if "device" in kwargs:
            kwargs = {**kwargs, "device": self.device}
        assert callable(node.target)
        return node.target(*args, **kwargs)


def run_program(captured: Captured, images: Tensor, *wanted: str) -> dict[str, Tensor]:
    """The named values for a batch; without names, only the logits."""
    with torch.inference_mode():
        return ForwardPass(captured, wanted or (captured.output,), device=images.device)(images)


def _needed(captured: Captured, wanted: Collection[str]) -> set[str]:
    needed = set(wanted)
    for node in reversed(captured.order):
        if node.name in needed:
            needed.update(one.name for one in node.all_input_nodes)
    return needed


def _freed_after(order: list[Node], kept: Collection[str]) -> dict[str, list[str]]:
    """For each node, the values that no later node reads."""
    freed: dict[str, list[str]] = {}
    seen = set(kept)
    for node in reversed(order):
        last = [name for name in dict.fromkeys(one.name for one in node.all_input_nodes) if name not in seen]
        if node.name not in seen:
            last.append(node.name)  # it has no reader, for example an assertion's result
        seen.update(last)
        freed[node.name] = last
    return freed
