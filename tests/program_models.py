"""Models for tests: tiny ones, and a residual network for CIFAR-10; and a check that sums are correct."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.model.program.capture import Captured, capture
from summit_graph.model.program.layers import Program, read_program
from summit_graph.model.program.running import ForwardPass, recipe_of
from summit_graph.model.program.sums import Shift, Sum, Term
from summit_graph.model.sources import ModelSource
from summit_graph.records import Parameters


def read(module: nn.Module, size: int = 16, **options: Any) -> Program:
    """The program of a module for square images."""
    return read_program(capture(module, (size, size)), **options)


def count_module(module: nn.Module, parameters: Parameters | None = None, *, size: int = 16) -> CountedModel:
    """What is counted of a module for square images, with ImageNet's mean and deviation."""
    captured = capture(module, (size, size))
    source = ModelSource("test", captured, replace(IMAGENET_INPUT, resize=size, crop=size))
    return counted_model(source, read_program(captured), parameters)


def conv(inputs: int, outputs: int, side: int = 3, **options: Any) -> nn.Conv2d:
    """A convolution that keeps the map's size."""
    return nn.Conv2d(inputs, outputs, side, padding=side // 2, **options)


def layer_names(program: Program) -> list[str]:
    """The layers' names, in order."""
    return [layer.name for layer in program.layers]


def inner_names(program: Program) -> dict[str, list[str]]:
    """The names of the inner stops before each layer that has some."""
    return {
        layer.name: [program.stops[place].name for place in layer.inner]
        for layer in program.layers
        if layer.inner
    }


def assert_reading_is_true(module: nn.Module, size: int = 16) -> Program:
    """The terms, biases and shifts of every sum add up to its value; the captured logits equal the module's.

    All values are in float64; weights, statistics and images are random.
    """
    module = randomized(module).double()
    program = read(module, size)
    parts = [part for stop in program.stops for part in stop.parts]
    wanted = {name for part in parts for name in (part.sum.value, *values_read(part.sum))}
    random = torch.Generator().manual_seed(3)
    pixels = torch.randn(2, 3, size, size, dtype=torch.float64, generator=random)
    values = run_program(program.captured, pixels, program.captured.output, *wanted)
    with torch.no_grad():
        torch.testing.assert_close(values[program.captured.output], module(pixels), rtol=1e-9, atol=1e-9)
    for part in parts:
        real = part.sum.layout.maps(values[part.sum.value])
        torch.testing.assert_close(added_up(part.sum, values), real, rtol=1e-9, atol=1e-9)
    return program


def run_program(captured: Captured, images: Tensor, *wanted: str) -> dict[str, Tensor]:
    """The values of those names for a batch; without names, the logits alone."""
    with torch.inference_mode():
        return ForwardPass(recipe_of(captured), wanted or (captured.output,))(images)


def values_read(one: Sum) -> set[str]:
    """Names of all values that a sum's terms and factors read."""
    factors = [*(term.factors for term in one.terms), *(shift.factors for shift in one.shifts)]
    gates = [gate.value for product in factors for gate in product.gates]
    return {*(term.reads for term in one.terms), *gates}


def added_up(one: Sum, values: dict[str, Tensor]) -> Tensor:
    """All terms and shifts of a sum, added up by their definition, (images, channels, height, width)."""
    terms = [term_maps(term, values) for term in one.terms]
    shifts = [shift_maps(shift, values) for shift in one.shifts]
    return functools.reduce(torch.add, [*terms, *shifts])


def shift_maps(shift: Shift, values: Mapping[str, Tensor]) -> Tensor:
    """A shift's contribution to its sum, (images or 1, channels, height or 1, width or 1)."""
    return shift.constant * shift.factors.of(values)[:, :, None, None]


def term_maps(term: Term, values: Mapping[str, Tensor]) -> Tensor:
    """A term's contribution to its sum, (images, channels, height, width)."""
    assert term.layout is not None
    maps = term.layout.maps(values[term.reads])
    if term.mixing:
        one = term.mixing
        padded = functional.pad(maps, one.padding)
        maps = functional.conv2d(padded, one.weight, None, one.stride, 0, one.dilation, one.groups)
    return maps * term.factors.of(values).to(maps.dtype)[:, :, None, None]


def randomized(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module in eval mode, with random parameters and statistics of batch normalization from a seed."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if not tensor.is_floating_point():
            continue
        values = torch.randn(tensor.shape, generator=random)
        spread = 1 / max(tensor[0].numel(), 1) ** 0.5 if tensor.ndim > 1 else 0.3
        tensor.data = 0.5 + values.abs() if name.endswith("running_var") else values * spread
        if tensor.ndim == 1 and name.endswith("weight"):
            tensor.data += 1
    return module.eval()


class Net(nn.Module):
    """A model of given modules, a function of model and images, and a linear classifier of the mean."""

    def __init__(self, forward: Callable[[Any, Tensor], Tensor], *, width: int, **modules: Any) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.fc = nn.Linear(width, 5)
        self._forward = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self._forward(self, x).mean((2, 3)))


class Shortcut(nn.Module):
    """Half the positions, and a quarter of the new width as empty channels on each side (option A)."""

    def __init__(self, empty: int) -> None:
        super().__init__()
        self.empty = empty

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.empty, self.empty), "constant", 0)


class CifarBlock(nn.Module):
    """Two 3x3 convolutions with batch normalization, and a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = Shortcut(width // 4) if stride == 2 else nn.Sequential()

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return functional.relu(out)


class CifarResNet(nn.Module):
    """The residual network of He et al. for CIFAR-10: 20 layers with 3 blocks per stage, 56 with 9."""

    def __init__(self, blocks: int = 3, width: int = 16) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = _stage(blocks, width, width, 1)
        self.layer2 = _stage(blocks, width, 2 * width, 2)
        self.layer3 = _stage(blocks, 2 * width, 4 * width, 2)
        self.linear = nn.Linear(4 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = functional.avg_pool2d(x, x.size()[3])
        return self.linear(x.view(x.size(0), -1))


def _stage(blocks: int, inputs: int, width: int, stride: int) -> nn.Sequential:
    first = CifarBlock(inputs, width, stride)
    return nn.Sequential(first, *(CifarBlock(width, width, 1) for _ in range(blocks - 1)))
