"""Differentiable maps of single channels before their activation function: a program up to a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from summit_graph.images.input_rule import InputRule
from summit_graph.model.counted import CountedModel, LayerMaps
from summit_graph.model.program.running import ForwardPass
from summit_graph.records import Channel


class ChannelMaps:
    """A model up to a channel, on one device."""

    def __init__(self, model: CountedModel, *, device: torch.device | str = "cpu") -> None:
        self.model = model
        self.device = torch.device(device)
        self.layers = {maps.name: maps for maps in model.maps}
        self._passes: dict[tuple[str, bool], ForwardPass] = {}

    def __call__(
        self, pictures: Tensor, channels: Sequence[Channel], *, wake_dead: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The map of each picture's channel before its activation function, and maps that lead to the layer.

        Args:
            pictures: float32 (pictures, 3, H, W), RGB from 0 to 1; sides as the model takes them.
            channels: one per picture, all of one layer.
            wake_dead: if a ReLU would block a picture's whole gradient, pass the part that would activate
                its units.

        Returns:
            float32 (pictures, h, w), and float32 (pictures, channels below, h, w): the last value that all
            paths to the layer contain.
        """
        (layer,) = {channel.layer for channel in channels}
        maps = self.layers[layer]
        values = self._forward(maps, wake_dead=wake_dead)(as_input(pictures, self.model.input))
        found = []
        for at, channel in enumerate(channels):
            owner, row = maps.sum_of[channel.index]
            found.append(owner.layout.maps(values[owner.value][at : at + 1])[0, row])
        return torch.stack(found), maps.entrance_layout.maps(values[maps.entrance])

    def takes(self, side: int) -> bool:
        """Whether pictures of that side reach every layer; a program may contain its input's size."""
        wanted = [(one.value, one.layout) for maps in self.model.maps for one in maps.sums]
        wanted += [(maps.entrance, maps.entrance_layout) for maps in self.model.maps]
        try:
            with torch.no_grad():
                values = ForwardPass(self.model.recipe, dict(wanted))(torch.zeros(1, 3, side, side))
                for name, layout in wanted:
                    layout.maps(values[name])
        except (RuntimeError, IndexError):  # of torch, where a shape does not fit
            return False
        return True

    def _forward(self, maps: LayerMaps, *, wake_dead: bool) -> ForwardPass:
        key = (maps.name, wake_dead)
        if key not in self._passes:
            wanted = {maps.entrance, *(one.value for one in maps.sums)}
            relu = _WakingRelu.apply if wake_dead else None
            self._passes[key] = ForwardPass(self.model.recipe, wanted, device=self.device, relu=relu)
        return self._passes[key]


def as_input(pictures: Tensor, rule: InputRule) -> Tensor:
    """Pictures, float32 (pictures, 3, H, W), RGB from 0 to 1, as the program's input; differentiable."""
    colors = pictures.flip(1) if rule.colors == "BGR" else pictures
    mean, std = (
        torch.tensor(values, device=pictures.device).reshape(1, 3, 1, 1) for values in (rule.mean, rule.std)
    )
    x = (colors * rule.maximum - mean) / std
    return x.contiguous(memory_format=torch.channels_last)


class _WakingRelu(torch.autograd.Function):
    """A ReLU that never blocks a picture's whole gradient.

    If all units with a gradient are inactive, the gradients that would activate them pass.
    """

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x > 0)
        return x.relu()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (active,) = context.saved_tensors
        passed = gradient * active
        stopped = ~passed.any(tuple(range(1, passed.ndim)))
        if stopped.any():
            passed[stopped] = gradient[stopped].clamp_max(0)  # negative: the loss decreases as the unit grows
        return passed
