"""Random small networks of all supported operators: all their sums are correct."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn
from torch.nn import functional

from tests.program_models import assert_reading_is_true

#: Functions of a map that do not change its channels and its size.
PLAIN: list[Callable[[Tensor], Tensor]] = [
    functional.relu,
    functional.gelu,
    functional.hardswish,
    torch.tanh,
    lambda x: x * torch.sigmoid(x),
    lambda x: x * functional.relu6(x + 3) / 6,
    lambda x: -2 * x + 1,
    lambda x: 3 - x / 2,
    lambda x: functional.local_response_norm(x, 3),
    lambda x: x - x.mean(1, keepdim=True),
    lambda x: functional.max_pool2d(x, 3, 1, padding=1),
    lambda x: functional.pad(x, (1, 2, 0, 1))[:, :, 1:, 1:-2] + 1,
    lambda x: functional.dropout(x, training=False),
    lambda x: torch.cat([x], 1),
    lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2).contiguous(),
]


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Residual(nn.Module):
    """x·a ± body(x): an identity or, with another width, a separate shortcut."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, factor: float, sign: int) -> None:
        super().__init__()
        self.body, self.shortcut, self.factor, self.sign = body, shortcut, factor, sign

    def forward(self, x: Tensor) -> Tensor:
        skip = self.shortcut(x) if self.factor == 1 else self.shortcut(x) * self.factor
        return skip + self.body(x) if self.sign > 0 else skip - self.body(x)


class Joined(nn.Module):
    """Parallel branches; the first may be the input itself."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class Halves(nn.Module):
    """One half of the channels is transformed, the other is unchanged; then they are shuffled."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        left, right = x.chunk(2, 1)
        x = torch.cat([left, self.body(right)], 1)
        images, channels, height, width = x.shape
        x = x.view(images, 2, channels // 2, height, width).transpose(1, 2)
        return x.reshape(images, channels, height, width)


class Gated(nn.Module):
    """Squeeze-and-excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 2, 1), nn.Conv2d(2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = functional.adaptive_avg_pool2d(x, 1)
        return torch.sigmoid(self.up(functional.relu(self.down(squeezed)))) * x


class ChannelLast(nn.Module):
    """Operators with the channels last, scaled per channel, as in ConvNeXt."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = (
            nn.LayerNorm(channels),
            nn.Linear(channels, 5),
            nn.Linear(5, channels),
        )
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        y = functional.gelu(self.up(self.norm(x.permute(0, 2, 3, 1))))
        return (self.scale * self.down(y)).permute(0, 3, 1, 2)


@st.composite
def bodies(draw: st.DrawFn, channels: int, *, depth: int) -> tuple[nn.Module, int]:
    """One to three operators that do not change the size of the map, and their number of output channels."""
    modules = []
    for _ in range(draw(st.integers(1, 3))):
        module, channels = draw(operators(channels, depth=depth))
        modules.append(module)
    return nn.Sequential(*modules), channels


@st.composite
def operators(draw: st.DrawFn, channels: int, *, depth: int) -> tuple[nn.Module, int]:
    """One operator or block that does not change the size of the map, and its number of output channels."""
    names = ["convolution", "plain", "normalization", "depthwise", "gate", "last", "empty"]
    if depth:
        names += ["residual", "joined", "residual", "joined"] + ["halves"] * (channels % 2 == 0)
    kind = draw(st.sampled_from(names))
    if kind == "convolution":
        return draw(convolutions(channels))
    if kind == "plain":
        return Function(draw(st.sampled_from(PLAIN))), channels
    if kind == "normalization":
        norms = [nn.BatchNorm2d(channels), nn.GroupNorm(1, channels), nn.InstanceNorm2d(channels)]
        return draw(st.sampled_from(norms)), channels
    if kind == "depthwise":
        times = draw(st.integers(1, 2))
        return nn.Conv2d(channels, times * channels, 3, padding=1, groups=channels), times * channels
    if kind == "gate":
        return Gated(channels), channels
    if kind == "last":
        return ChannelLast(channels), channels
    if kind == "empty":
        return Function(lambda x: functional.pad(x, (0, 0, 0, 0, 1, 1))), channels + 2
    return draw(blocks(kind, channels, depth=depth))


@st.composite
def convolutions(draw: st.DrawFn, channels: int) -> tuple[nn.Module, int]:
    """A convolution with any kernel, dilation and number of groups."""
    groups = draw(st.sampled_from([1, 1, 2] if channels % 2 == 0 else [1]))
    width = 2 * draw(st.integers(1, 3))
    side, dilation = draw(st.sampled_from([(1, 1), (2, 1), (3, 1), (3, 2), (4, 1)]))
    bias = draw(st.booleans())
    options: dict[str, Any] = {"padding": "same", "dilation": dilation, "groups": groups, "bias": bias}
    return nn.Conv2d(channels, width, side, **options), width


@st.composite
def blocks(draw: st.DrawFn, kind: str, channels: int, *, depth: int) -> tuple[nn.Module, int]:
    """A residual block, a concatenation, or a block that leaves half the channels unchanged."""
    if kind == "joined":
        both = [draw(bodies(channels, depth=depth - 1)) for _ in range(2)]
        branches = [nn.Identity()] * draw(st.integers(0, 1)) + [body for body, _ in both]
        own = channels * (len(branches) - 2)
        return Joined(branches), own + sum(width for _, width in both)
    if kind == "halves":
        body, width = draw(bodies(channels // 2, depth=depth - 1))
        return Halves(nn.Sequential(body, nn.Conv2d(width, channels // 2, 1))), channels
    body, width = draw(bodies(channels, depth=depth - 1))
    same = width == channels and draw(st.booleans())
    shortcut = nn.Identity() if same else nn.Sequential(nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width))
    factor, sign = draw(st.sampled_from([1, 0.5])), draw(st.sampled_from([1, -1]))
    return Residual(body, shortcut, factor, sign), width


@st.composite
def networks(draw: st.DrawFn) -> nn.Module:
    """A stem, some operators and blocks, pooling between them, and a classifier."""
    stem = nn.Conv2d(3, 4, draw(st.integers(1, 3)), stride=draw(st.integers(1, 2)), padding=1)
    first, channels = draw(bodies(4, depth=2))
    second, channels = draw(bodies(channels, depth=1))
    pools = [nn.MaxPool2d(2), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Upsample(scale_factor=2)]
    pool = draw(st.sampled_from(pools))
    flat = draw(st.booleans())
    side = 3 if flat else 1
    head = [nn.AdaptiveAvgPool2d(side), nn.Flatten(), nn.Linear(channels * side**2, 4)]
    return nn.Sequential(stem, first, pool, second, *head)


@pytest.mark.slow
@given(networks())
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_the_sums_of_a_random_network_are_correct(network):
    """Terms, biases and shifts add up to the value of each sum; nothing is refused; the logits are equal."""
    program = assert_reading_is_true(network, 8)
    assert program.refused == ()
