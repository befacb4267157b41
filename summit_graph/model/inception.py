"""InceptionV1 as a module that can be captured, in every family; its layers and stops are named as ever."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.images.input_rule import InputRule
from summit_graph.model.checkpoints import BLOCK, CLASSIFIER, STEM, STRUCTURES, caffe_block
from summit_graph.model.cpu_layers import response_norm
from summit_graph.model.weights import Weights

#: The mean and deviation to which ``transform_input`` changes the standardization.
HALF = 0.5
#: The layers that are counted by default, and how their inner stops are called: ``3x3_reduce``.
MIXED_LAYERS = ("mixed*",)


class Inception(nn.Module):
    """InceptionV1 with some weights: normalized images (images, 3, 224, 224) -> logits (images, outputs)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.structure = STRUCTURES[weights.family]
        self.transform = _Transform(weights.input) if weights.input.transform_input else None
        self.stem = nn.ModuleDict({name: _convolution(weights, name) for name in STEM})
        if self.structure.border:
            self.stem["conv1/7x7_s2"].padding = (0, 0)  # type: ignore[assignment]  # of a convolution
        for layer in LAYER_NAMES:
            self.add_module(layer, Mixed(weights, caffe_block(layer)))
        outputs, inputs = weights.tensors[f"{CLASSIFIER}.weight"].shape
        self.classifier = nn.Linear(inputs, outputs)
        _fill(self.classifier, weights, CLASSIFIER)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        wide, reduce, last = (self.stem[name] for name in STEM)
        x = x if self.transform is None else self.transform(x)
        x = functional.max_pool2d(functional.relu(wide(self._bordered(x))), 3, 2, ceil_mode=True)
        x = functional.relu(reduce(self._response_normed(x)))
        x = self._response_normed(functional.relu(last(x)))
        x = functional.max_pool2d(x, 3, 2, ceil_mode=True)
        for layer in LAYER_NAMES:
            x = self.get_submodule(layer)(self._pooled_before(layer, x))
        pooled: Tensor = self.classifier(x.mean((2, 3)))
        return pooled

    def _response_normed(self, x: Tensor) -> Tensor:
        norm = self.structure.norm
        return response_norm(x, norm.size, norm.beta) if norm else x

    def _bordered(self, x: Tensor) -> Tensor:
        """With the zeros that the first convolution does not add itself."""
        border = self.structure.border
        return functional.pad(x, border) if border else x

    def _pooled_before(self, layer: str, x: Tensor) -> Tensor:
        sizes = {"mixed4a": 3, "mixed5a": self.structure.last_pool}
        return functional.max_pool2d(x, sizes[layer], 2, ceil_mode=True) if layer in sizes else x


class _Transform(nn.Module):
    """torchvision's ``transform_input``: standardization with mean and deviation 0.5, not the rule's."""

    scale: Tensor
    shift: Tensor

    def __init__(self, rule: InputRule) -> None:
        super().__init__()
        mean, std = (torch.tensor(one)[:, None, None] for one in (rule.mean, rule.std))
        self.register_buffer("scale", std / HALF)
        self.register_buffer("shift", (mean - HALF) / HALF)

    def forward(self, x: Tensor) -> Tensor:
        """Images (images, 3, height, width) by the rule -> in the weights' input format."""
        return x * self.scale + self.shift


class Mixed(nn.Module):
    """A mixed layer: four branches of convolutions, each with its ReLU, joined."""

    def __init__(self, weights: Weights, block: str) -> None:
        super().__init__()
        for name in BLOCK:
            self.add_module(name, _convolution(weights, f"{block}/{name}"))

    def forward(self, x: Tensor) -> Tensor:
        """(images, channels, H, W) before -> the same of this layer."""
        pooled = functional.max_pool2d(x, 3, 1, padding=1, ceil_mode=True)
        three, five = self._convolved("3x3_reduce", x), self._convolved("5x5_reduce", x)
        branches = [
            self._convolved("1x1", x),
            self._convolved("3x3", three),
            self._convolved("5x5", five),
            self._convolved("pool_proj", pooled),
        ]
        return torch.cat(branches, dim=1)

    def _convolved(self, name: str, x: Tensor) -> Tensor:
        return functional.relu(self.get_submodule(name)(x))


def _convolution(weights: Weights, name: str) -> nn.Conv2d:
    outputs, inputs, side, _ = weights.tensors[f"{name}.weight"].shape
    stride = 2 if name.startswith("conv1") else 1
    convolution = nn.Conv2d(inputs, outputs, side, stride, padding=side // 2)
    _fill(convolution, weights, name)
    return convolution


def _fill(module: nn.Module, weights: Weights, name: str) -> None:
    module.load_state_dict({kind: weights.tensors[f"{name}.{kind}"] for kind in ("weight", "bias")})
