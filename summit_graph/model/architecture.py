"""InceptionV1 as a function of its tensors: from a batch of images to every mixed layer's maps.

Written as plain functions instead of modules with hooks, so that what aggregation needs (each mixed layer's
input, its bottleneck maps and its output) is returned directly. Two families differ in input, normalization
layers, one kernel and one pool; widths come from the tensors. ReLU follows every convolution. All in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.model import cpu_layers
from summit_graph.model.checkpoints import CLASSIFIER, caffe_block
from summit_graph.model.weights import Weights
from summit_graph.records import LAYER_NAMES

#: The mean and deviation to which ``transform_input`` changes the standardization.
HALF = 0.5


@dataclass(frozen=True)
class MixedMaps:
    """Input and outputs of one mixed layer, all after ReLU, (images, channels, height, width).

    Attributes:
        name: ``mixed3a`` … ``mixed5b``.
        input: the tensor that the layer reads: after the max pool, where one precedes it.
        bottlenecks: the reduce convolutions' outputs of the branches ``3x3`` and ``5x5``.
        output: the four branches' maps, concatenated.
    """

    name: str
    input: Tensor
    bottlenecks: dict[str, Tensor]
    output: Tensor


@dataclass(frozen=True)
class Forward:
    """One forward pass: the mixed layers from the lowest up, and the logits (images, outputs)."""

    mixed: tuple[MixedMaps, ...]
    logits: Tensor


@contextmanager
def exact_float32() -> Iterator[None]:
    """Inference without TF32: half precision and TF32 move counts visibly (SPEC 2)."""
    matmul = torch.backends.cuda.matmul
    before, matmul.allow_tf32 = matmul.allow_tf32, False
    try:
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        matmul.allow_tf32 = before


class InceptionV1:
    """The model on one device, its tensors in channels-last order, which is fastest on CPUs."""

    def __init__(self, weights: Weights, *, device: torch.device | str = "cpu") -> None:
        self.family = weights.family
        self.input = weights.input
        self.layers = weights.layers
        self.device = torch.device(device)
        self.tensors = {name: _on(tensor, self.device) for name, tensor in weights.tensors.items()}

    def forward(self, pixels: Tensor) -> Forward:
        """Every mixed layer's maps and the logits.

        Args:
            pixels: uint8 (images, 224, 224, 3), RGB, as returned by images.read_pixels.
        """
        with exact_float32():
            x = self._stem(self.normalized(pixels.to(self.device)))
            mixed = []
            for name in LAYER_NAMES:
                mixed.append(self._mixed(name, self._pooled_before(name, x)))
                x = mixed[-1].output
            logits = functional.linear(x.mean((2, 3)), *self._weight_and_bias(CLASSIFIER))
            return Forward(tuple(mixed), logits)

    def normalized(self, pixels: Tensor) -> Tensor:
        """uint8 (images, H, W, 3) -> the model's input, float32 (images, 3, H, W) in channels-last order."""
        colors = pixels.flip(-1) if self.input.colors == "BGR" else pixels
        mean, std = self._per_channel(self.input.mean), self._per_channel(self.input.std)
        x = colors.to(torch.float32).div_(255 / self.input.maximum).sub_(mean).div_(std)
        if self.input.transform_input:
            x = x.mul_(std / HALF).add_((mean - HALF) / HALF)
        return x.permute(0, 3, 1, 2)

    def weight(self, name: str) -> Tensor:
        """A convolution's weight (outputs, inputs, k, k) by its canonical name, on the model's device."""
        return self.tensors[f"{name}.weight"]

    def _per_channel(self, values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device)

    def _weight_and_bias(self, name: str) -> tuple[Tensor, Tensor]:
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]

    def _convolved(self, x: Tensor, name: str, *, stride: int = 1) -> Tensor:
        weight, bias = self._weight_and_bias(name)
        return functional.conv2d(x, weight, bias, stride=stride, padding=weight.shape[-1] // 2).relu_()

    def _stem(self, x: Tensor) -> Tensor:
        x = max_pool(self._convolved(x, "conv1/7x7_s2", stride=2), 3, 2)
        x = self._convolved(self._response_normed(x), "conv2/3x3_reduce")
        x = self._response_normed(self._convolved(x, "conv2/3x3"))
        return max_pool(x, 3, 2)

    def _response_normed(self, x: Tensor) -> Tensor:
        return local_response_norm(x) if self.family == "caffe" else x

    def _pooled_before(self, name: str, x: Tensor) -> Tensor:
        if name == "mixed4a":
            return max_pool(x, 3, 2)
        if name == "mixed5a":
            return max_pool(x, 3 if self.family == "caffe" else 2, 2)
        return x

    def _mixed(self, name: str, x: Tensor) -> MixedMaps:
        block = caffe_block(name)
        reduced = {branch: self._convolved(x, f"{block}/{branch}_reduce") for branch in ("3x3", "5x5")}
        branches = [
            self._convolved(x, f"{block}/1x1"),
            *(self._convolved(maps, f"{block}/{branch}") for branch, maps in reduced.items()),
            self._convolved(max_pool(x, 3, 1, padding=1), f"{block}/pool_proj"),
        ]
        return MixedMaps(name, x, reduced, torch.cat(branches, dim=1))


def max_pool(x: Tensor, size: int, stride: int, *, padding: int = 0) -> Tensor:
    """The largest value of every window, the last windows starting inside the map (ceil_mode)."""
    if x.device.type == "cpu":
        return cpu_layers.max_pool(x, size, stride, padding=padding)
    return functional.max_pool2d(x, size, stride, padding, ceil_mode=True)


def local_response_norm(x: Tensor) -> Tensor:
    """``torch.nn.functional.local_response_norm(x, 5)``, (images, channels, H, W), at lower cost."""
    return cpu_layers.response_norm(x) if x.device.type == "cpu" else shifted_response_norm(x)


def shifted_response_norm(x: Tensor) -> Tensor:
    """x / (1 + 1e-4/5 · sum of squares over 5 neighbouring channels)^0.75.

    The sum is four additions of shifted squares; the power is a reciprocal root times its own root.
    """
    channels = x.shape[1]
    squares = functional.pad(x * x, (0, 0, 0, 0, 2, 2))
    total = squares[:, :channels].clone()
    for shift in range(1, 5):
        total += squares[:, shift : shift + channels]
    root = total.mul_(1e-4 / 5).add_(1.0).rsqrt_()
    return root.sqrt().mul_(root).mul_(x)


def _on(tensor: Tensor, device: torch.device) -> Tensor:
    order = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
    return tensor.to(device).contiguous(memory_format=order)
