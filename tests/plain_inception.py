"""InceptionV1 written out with plain torch functions, in every family: an independent truth for tests.

Transcribed from BVLC GoogLeNet's ``deploy.prototxt`` and from torchvision's ``googlenet.py``; Inception5h is
also a module of its own in ``plain_inception5h``. Nothing of the package's model is used, only its weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.model.weights import Weights

#: The name of each mixed layer's block among the weights.
BLOCKS = {name: name.replace("mixed", "inception_") for name in LAYER_NAMES}


@dataclass(frozen=True)
class PlainMaps:
    """One mixed layer's maps, all after ReLU, (images, channels, height, width).

    Attributes:
        input: what the layer reads, after the max pool, where one precedes it.
        bottlenecks: the reduce convolutions' outputs of the branches ``3x3`` and ``5x5``.
        output: the four branches' maps, concatenated.
    """

    name: str
    input: Tensor
    bottlenecks: dict[str, Tensor]
    output: Tensor


class PlainInception:
    """InceptionV1 with some weights; a call returns the nine mixed layers' maps and the logits."""

    def __init__(self, weights: Weights) -> None:
        self.family = weights.family
        self.transforms_input = weights.input.transform_input
        self.tensors = weights.tensors

    def __call__(self, pixels: Tensor) -> tuple[list[PlainMaps], Tensor]:
        """From uint8 (images, 224, 224, 3), RGB."""
        with torch.inference_mode():
            x = self._stem(self.prepared(pixels))
            mixed = []
            for name in BLOCKS:
                mixed.append(self._mixed(name, self._pooled_before(name, x)))
                x = mixed[-1].output
            weight, bias = self.weight("loss3/classifier"), self.tensors["loss3/classifier.bias"]
            return mixed, functional.linear(x.mean((2, 3)), weight, bias)

    def prepared(self, pixels: Tensor) -> Tensor:
        """The input that the weights want: BGR minus a mean, or RGB standardized."""
        images = pixels.permute(0, 3, 1, 2).float()
        if self.family == "inception5h":
            return images - 117
        if self.family == "caffe":
            return images[:, [2, 1, 0]] - _colors(104.0, 117.0, 123.0)
        if self.transforms_input:
            return (images / 255 - 0.5) / 0.5
        return (images / 255 - _colors(0.485, 0.456, 0.406)) / _colors(0.229, 0.224, 0.225)

    def weight(self, name: str) -> Tensor:
        """A convolution's weight (outputs, inputs, k, k) by its canonical name."""
        return self.tensors[f"{name}.weight"]

    def _stem(self, x: Tensor) -> Tensor:
        border = (2, 3, 2, 3) if self.family == "inception5h" else (3, 3, 3, 3)
        weight, bias = self.weight("conv1/7x7_s2"), self.tensors["conv1/7x7_s2.bias"]
        x = functional.relu(functional.conv2d(functional.pad(x, border), weight, bias, 2))
        x = self._normed(_pool(x))
        x = self._convolved(self._convolved(x, "conv2/3x3_reduce"), "conv2/3x3")
        return _pool(self._normed(x))

    def _mixed(self, name: str, x: Tensor) -> PlainMaps:
        block = BLOCKS[name]
        reduced = {side: self._convolved(x, f"{block}/{side}_reduce") for side in ("3x3", "5x5")}
        branches = [
            self._convolved(x, f"{block}/1x1"),
            self._convolved(reduced["3x3"], f"{block}/3x3"),
            self._convolved(reduced["5x5"], f"{block}/5x5"),
            self._convolved(functional.max_pool2d(x, 3, 1, 1), f"{block}/pool_proj"),
        ]
        return PlainMaps(name, x, reduced, torch.cat(branches, 1))

    def _convolved(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self.weight(name), self.tensors[f"{name}.bias"]
        return functional.relu(functional.conv2d(x, weight, bias, padding=weight.shape[-1] // 2))

    def _normed(self, x: Tensor) -> Tensor:
        if self.family == "torchvision":
            return x
        size, beta = {"caffe": (5, 0.75), "inception5h": (9, 0.5)}[self.family]
        return functional.local_response_norm(x, size, 1e-4, beta, 1.0)

    def _pooled_before(self, name: str, x: Tensor) -> Tensor:
        if name == "mixed4a":
            return _pool(x)
        if name == "mixed5a":
            return _pool(x, 2 if self.family == "torchvision" else 3)
        return x


def _pool(x: Tensor, side: int = 3) -> Tensor:
    return functional.max_pool2d(x, side, 2, ceil_mode=True)


def _colors(*values: float) -> Tensor:
    return torch.tensor(values)[:, None, None]
