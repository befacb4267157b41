"""Two small classifiers of the planted world, for ``--model summit_graph.planted.networks:inception``.

    inception    InceptionV1's kind of network: a stem and four layers of four branches
    resnet       a stem and six residual blocks in three stages

Both take images of 64 pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.planted.classes import CLASSES

#: Widths of the branches 1x1, 3x3 (with its reduction), 5x5 (with its reduction) and pool.
Widths = tuple[int, int, int, int, int, int]
MIXED: dict[str, Widths] = {
    "mixed3a": (16, 16, 32, 8, 16, 16),
    "mixed3b": (16, 24, 40, 8, 16, 16),
    "mixed4a": (24, 24, 48, 12, 24, 16),
    "mixed4b": (32, 32, 56, 12, 24, 16),
}
#: Channels of the stem, and of the residual network's three stages.
STEM, STAGES = 24, (24, 48, 80)
BLOCKS = 2


def inception() -> nn.Module:
    """A narrow network of InceptionV1's kind."""
    return NarrowInception()


def resnet() -> nn.Module:
    """A small residual network."""
    return SmallResNet()


class NarrowInception(nn.Module):
    """Images (images, 3, 64, 64) -> logits (images, classes)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, STEM, 5, stride=2)
        inputs = STEM
        for name, widths in MIXED.items():
            self.add_module(name, Mixed(inputs, widths))
            inputs = widths[0] + widths[2] + widths[4] + widths[5]
        self.classifier = nn.Linear(inputs, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        x = functional.max_pool2d(self.stem(x), 3, 2, ceil_mode=True)
        for name in MIXED:
            x = functional.max_pool2d(x, 3, 2, ceil_mode=True) if name == "mixed4a" else x
            x = self.get_submodule(name)(x)
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits


class Convolution(nn.Module):
    """A convolution with batch normalization and ReLU."""

    def __init__(self, inputs: int, outputs: int, side: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(images, inputs, H, W) -> (images, outputs, H / stride, W / stride)."""
        return functional.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Four branches, joined; their parts are named as InceptionV1's."""

    def __init__(self, inputs: int, widths: Widths) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, pooled = widths
        self.add_module("1x1", Convolution(inputs, one, 1))
        self.add_module("3x3_reduce", Convolution(inputs, reduce3, 1))
        self.add_module("3x3", Convolution(reduce3, three, 3))
        self.add_module("5x5_reduce", Convolution(inputs, reduce5, 1))
        self.add_module("5x5", Convolution(reduce5, five, 5))
        self.add_module("pool_proj", Convolution(inputs, pooled, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(images, inputs, H, W) -> (images, channels of all branches, H, W)."""
        part = self.get_submodule
        three = part("3x3")(part("3x3_reduce")(x))
        five = part("5x5")(part("5x5_reduce")(x))
        pooled = part("pool_proj")(functional.max_pool2d(x, 3, 1, padding=1))
        return torch.cat([part("1x1")(x), three, five, pooled], dim=1)


class SmallResNet(nn.Module):
    """Images (images, 3, 64, 64) -> logits (images, classes)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, STAGES[0], 5, stride=2)
        inputs = STAGES[0]
        for number, width in enumerate(STAGES, 1):
            first = Block(inputs, width, stride=1 if inputs == width else 2)
            others = [Block(width, width) for _ in range(BLOCKS - 1)]
            self.add_module(f"layer{number}", nn.Sequential(first, *others))
            inputs = width
        self.classifier = nn.Linear(inputs, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        x = functional.max_pool2d(self.stem(x), 2)
        for number in range(len(STAGES)):
            x = self.get_submodule(f"layer{number + 1}")(x)
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits


class Block(nn.Module):
    """Two 3x3 convolutions, and a shortcut that is a convolution where the size changes."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(images, inputs, H, W) -> (images, outputs, H / stride, W / stride)."""
        inner = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(inner)) + self.shortcut(x))
