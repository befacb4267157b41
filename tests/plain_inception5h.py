"""Inception5h as PyTorch users have it, with the names of its state dict: an independent truth for tests.

Every padding is written out: the image's own border of zeros, and pools with -inf on the right and below.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
#: Outputs of 1x1, 3x3_bottleneck, 3x3, 5x5_bottleneck, 5x5 and pool_reduce.
NARROW = dict.fromkeys(LAYERS, (5, 7, 6, 3, 4, 4))
FULL = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 204, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 48, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class Inception5h(nn.Module):
    """RGB from 0 to 255 minus 117, (images, 3, 224, 224) -> logits; weights from a seed."""

    def __init__(self, *, full: bool = False, outputs: int = 10, seed: int = 0) -> None:
        super().__init__()
        widths, stem = (FULL, (64, 64, 192)) if full else (NARROW, (6, 6, 8))
        self.conv2d0_pre_relu_conv = nn.Conv2d(3, stem[0], 7, 2)
        self.conv2d1_pre_relu_conv = nn.Conv2d(stem[0], stem[1], 1)
        self.conv2d2_pre_relu_conv = nn.Conv2d(stem[1], stem[2], 3)
        below = stem[2]
        for layer, (one, three_reduced, three, five_reduced, five, pool) in widths.items():
            self.add_module(f"mixed{layer}_1x1_pre_relu_conv", nn.Conv2d(below, one, 1))
            self.add_module(f"mixed{layer}_3x3_bottleneck_pre_relu_conv", nn.Conv2d(below, three_reduced, 1))
            self.add_module(f"mixed{layer}_3x3_pre_relu_conv", nn.Conv2d(three_reduced, three, 3))
            self.add_module(f"mixed{layer}_5x5_bottleneck_pre_relu_conv", nn.Conv2d(below, five_reduced, 1))
            self.add_module(f"mixed{layer}_5x5_pre_relu_conv", nn.Conv2d(five_reduced, five, 5))
            self.add_module(f"mixed{layer}_pool_reduce_pre_relu_conv", nn.Conv2d(below, pool, 1))
            below = one + three + five + pool
        self.softmax2_pre_activation_matmul = nn.Linear(below, outputs)
        self._draw(seed)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        x = self._convolved("conv2d0", functional.pad(x, (2, 3, 2, 3)))
        x = self._normed(self._pooled(x))
        x = self._convolved("conv2d1", x)
        x = self._convolved("conv2d2", functional.pad(x, (1, 1, 1, 1)))
        x = self._pooled(self._normed(x))
        for layer in LAYERS:
            if layer in ("4a", "5a"):
                x = self._pooled(x)
            x = self._mixed(f"mixed{layer}", x)
        pooled = functional.avg_pool2d(x, 7).flatten(1)
        return self.softmax2_pre_activation_matmul(pooled)

    def _mixed(self, name: str, x: Tensor) -> Tensor:
        three = functional.pad(self._convolved(f"{name}_3x3_bottleneck", x), (1, 1, 1, 1))
        five = functional.pad(self._convolved(f"{name}_5x5_bottleneck", x), (2, 2, 2, 2))
        pooled = functional.max_pool2d(functional.pad(x, (1, 1, 1, 1), value=float("-inf")), 3, 1)
        branches = [
            self._convolved(f"{name}_1x1", x),
            self._convolved(f"{name}_3x3", three),
            self._convolved(f"{name}_5x5", five),
            self._convolved(f"{name}_pool_reduce", pooled),
        ]
        return torch.cat(branches, 1)

    def _convolved(self, name: str, x: Tensor) -> Tensor:
        return functional.relu(getattr(self, f"{name}_pre_relu_conv")(x))

    @staticmethod
    def _pooled(x: Tensor) -> Tensor:
        return functional.max_pool2d(functional.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)

    @staticmethod
    def _normed(x: Tensor) -> Tensor:
        return functional.local_response_norm(x, size=9, alpha=1e-4, beta=0.5, k=1.0)

    def _draw(self, seed: int) -> None:
        """Weights scaled so that activations have a similar magnitude in all layers."""
        random = torch.Generator().manual_seed(seed)
        for name, one in self.state_dict().items():
            scale = (2.0 / one[0].numel()) ** 0.5 if name.endswith("weight") else 0.05
            one.copy_(scale * torch.randn(one.shape, generator=random))
