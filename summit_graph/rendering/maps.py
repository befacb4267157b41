"""Differentiable maps of single channels before their activation function.

``ProgramMaps`` runs any program up to the requested layer. ``InceptionMaps`` is written out for InceptionV1:
of the layer only one channel per picture is convolved, and pictures of any size are accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.images.input_rule import InputRule
from summit_graph.model.checkpoints import caffe_block
from summit_graph.model.counted import CountedModel, LayerMaps
from summit_graph.model.program.running import ForwardPass
from summit_graph.model.weights import Weights
from summit_graph.records import BOTTLENECK_BRANCHES, BRANCHES, LAYER_NAMES, Channel

Relu = Callable[[Tensor], Tensor]
#: The 1x1 convolutions that read a mixed layer's input; they are computed as one, which is faster.
_ENTRANCE = ("1x1", "3x3_reduce", "5x5_reduce")
#: Local response normalization: x / (1 + _ALPHA · sum of squares over 5 neighbouring channels)^_BETA.
_ALPHA, _BETA = 1e-4 / 5, 0.75


class ChannelMaps(Protocol):
    """A network up to a channel, on one device."""

    device: torch.device

    def __call__(
        self, pictures: Tensor, channels: Sequence[Channel], *, wake_dead: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The map of each picture's channel before its activation function, and the maps of the layer below.

        Args:
            pictures: float32 (pictures, 3, H, W), RGB from 0 to 1.
            channels: one per picture, all of one layer.
            wake_dead: if a ReLU would block a picture's whole gradient, pass the part that would activate
                its units.

        Returns:
            float32 (pictures, h, w), and float32 (pictures, channels below, h, w).
        """


class ProgramMaps:
    """Any program up to a channel. Pictures have the size that it was captured for."""

    def __init__(self, model: CountedModel, *, device: torch.device | str = "cpu") -> None:
        self.model = model
        self.device = torch.device(device)
        self._passes: dict[tuple[str, bool], ForwardPass] = {}

    def __call__(
        self, pictures: Tensor, channels: Sequence[Channel], *, wake_dead: bool = False
    ) -> tuple[Tensor, Tensor]:
        """See ``ChannelMaps``."""
        (layer,) = {channel.layer for channel in channels}
        maps, below = self._layer(layer)
        values = self._forward(maps, below, wake_dead=wake_dead)(as_input(pictures, self.model.input))
        found = []
        for at, channel in enumerate(channels):
            owner, row = maps.sum_of[channel.index]
            found.append(owner.layout.maps(values[owner.value][at : at + 1])[0, row])
        before = below.layout.maps(values[below.tensor]) if below else pictures
        return torch.stack(found), before

    def _layer(self, name: str) -> tuple[LayerMaps, LayerMaps | None]:
        """The layer, and the one below; None for the lowest."""
        at = next(at for at, maps in enumerate(self.model.maps) if maps.name == name)
        return self.model.maps[at], self.model.maps[at - 1] if at else None

    def _forward(self, maps: LayerMaps, below: LayerMaps | None, *, wake_dead: bool) -> ForwardPass:
        key = (maps.name, wake_dead)
        if key not in self._passes:
            wanted = {one.value for one in maps.sums} | ({below.tensor} if below else set())
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


class InceptionMaps:
    """InceptionV1 up to a channel."""

    def __init__(self, weights: Weights, *, device: torch.device | str = "cpu") -> None:
        self.family = weights.family
        self.input = weights.input
        self.layers = {layer.name: layer for layer in weights.layers}
        self.device = torch.device(device)
        self.convolutions = {
            name: (_on(weight, self.device), _on(bias, self.device))
            for name, (weight, bias) in _convolutions(weights.tensors).items()
        }

    def __call__(
        self, pictures: Tensor, channels: Sequence[Channel], *, wake_dead: bool = False
    ) -> tuple[Tensor, Tensor]:
        """See ``ChannelMaps``; the maps of the layer below are the layer's input."""
        relu: Relu = _WakingRelu.apply if wake_dead else functional.relu
        (layer,) = {channel.layer for channel in channels}
        x = self._stem(self._input(pictures), relu)
        for name in LAYER_NAMES[: LAYER_NAMES.index(layer)]:
            x = self._mixed(name, self._pooled_before(name, x), relu)
        x = self._pooled_before(layer, x)
        return self._single_channels(layer, x, [channel.index for channel in channels], relu), x

    def _input(self, pictures: Tensor) -> Tensor:
        if not self.input.transform_input:
            return as_input(pictures, self.input)
        x = pictures * 2 - 1  # the rule's standardization, transformed
        return x.contiguous(memory_format=torch.channels_last)

    def _stem(self, x: Tensor, relu: Relu) -> Tensor:
        x = _max_pool(relu(self._convolved(x, "conv1/7x7_s2", stride=2)), 3, 2)
        x = relu(self._convolved(self._response_normed(x), "conv2/3x3_reduce"))
        x = self._response_normed(relu(self._convolved(x, "conv2/3x3")))
        return _max_pool(x, 3, 2)

    def _mixed(self, name: str, x: Tensor, relu: Relu) -> Tensor:
        block = caffe_block(name)
        widths = [len(self.convolutions[f"{block}/{part}"][1]) for part in _ENTRANCE]
        direct, *reduced = self._convolved(x, f"{block}/entrance").split(widths, dim=1)
        expanded = [
            self._convolved(relu(maps), f"{block}/{branch}")
            for branch, maps in zip(BOTTLENECK_BRANCHES, reduced, strict=True)
        ]
        pooled = self._convolved(_max_pool(x, 3, 1, padding=1), f"{block}/pool_proj")
        return relu(torch.cat([direct, *expanded, pooled], dim=1))

    def _single_channels(self, name: str, x: Tensor, indices: Sequence[int], relu: Relu) -> Tensor:
        """The map of each picture's channel, (pictures, h, w)."""
        maps: dict[int, Tensor] = {}
        for branch in BRANCHES:
            part = self.layers[name].slice_of(branch)
            rows = [row for row, index in enumerate(indices) if part.start <= index < part.stop]
            if rows:
                received, convolution = self._before_last(name, branch, x[rows], relu)
                own = [indices[row] - part.start for row in rows]
                maps |= dict(zip(rows, self._diagonal(received, convolution, own), strict=True))
        return torch.stack([maps[row] for row in range(len(indices))])

    def _diagonal(self, received: Tensor, name: str, outputs: list[int]) -> Tensor:
        """Output ``outputs[n]`` of picture n; computing all outputs of all pictures is faster than a loop."""
        weight, bias = self.convolutions[name]
        maps = functional.conv2d(received, weight[outputs], bias[outputs], padding=weight.shape[-1] // 2)
        return maps.diagonal(dim1=0, dim2=1).permute(2, 0, 1)

    def _before_last(self, name: str, branch: str, x: Tensor, relu: Relu) -> tuple[Tensor, str]:
        """The input of the branch's last convolution, and that convolution's name."""
        block = caffe_block(name)
        if branch == "1x1":
            return x, f"{block}/1x1"
        if branch == "pool":
            return _max_pool(x, 3, 1, padding=1), f"{block}/pool_proj"
        return relu(self._convolved(x, f"{block}/{branch}_reduce")), f"{block}/{branch}"

    def _convolved(self, x: Tensor, name: str, *, stride: int = 1) -> Tensor:
        weight, bias = self.convolutions[name]
        return functional.conv2d(x, weight, bias, stride=stride, padding=weight.shape[-1] // 2)

    def _response_normed(self, x: Tensor) -> Tensor:
        return ResponseNorm.apply(x) if self.family == "caffe" else x

    def _pooled_before(self, name: str, x: Tensor) -> Tensor:
        if name == "mixed4a":
            return _max_pool(x, 3, 2)
        if name == "mixed5a":
            return _max_pool(x, 3 if self.family == "caffe" else 2, 2)
        return x


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
        stopped = [at for at, picture in enumerate(passed) if not picture.any()]
        if stopped:
            passed[stopped] = gradient[stopped].clamp_max(0)  # negative: the loss decreases as the unit grows
        return passed


class ResponseNorm(torch.autograd.Function):
    """Local response normalization with a fused backward pass instead of a dozen kernels."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        root = (1 + _ALPHA * _neighbours_sum(x * x)).rsqrt_()
        scale = root.sqrt() * root  # total^-0.75
        context.save_for_backward(x, root, scale)
        return x * scale

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        x, root, scale = context.saved_tensors
        scaled = gradient * scale
        shared = _neighbours_sum(scaled * x * root * root)
        return scaled.sub_(shared.mul_(x), alpha=2 * _ALPHA * _BETA)


def _neighbours_sum(x: Tensor) -> Tensor:
    """The sum of each channel and its two neighbours on either side."""
    channels = x.shape[1]
    padded = functional.pad(x, (0, 0, 0, 0, 2, 2))
    total = padded[:, :channels] + padded[:, 1 : channels + 1]
    for shift in range(2, 5):
        total += padded[:, shift : shift + channels]
    return total


def _convolutions(tensors: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """Every convolution's weight and bias by name, and each mixed layer's entrance."""
    weights = [name.removesuffix(".weight") for name, tensor in tensors.items() if tensor.ndim == 4]
    found = {name: (tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in weights}
    for layer in LAYER_NAMES:
        parts = [found[f"{caffe_block(layer)}/{part}"] for part in _ENTRANCE]
        found[f"{caffe_block(layer)}/entrance"] = (
            torch.cat([weight for weight, _ in parts]),
            torch.cat([bias for _, bias in parts]),
        )
    return found


def _on(tensor: Tensor, device: torch.device) -> Tensor:
    order = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
    return tensor.to(device).contiguous(memory_format=order)


def _max_pool(x: Tensor, size: int, stride: int, *, padding: int = 0) -> Tensor:
    return functional.max_pool2d(x, size, stride, padding, ceil_mode=True)
