"""Networks whose weights are set by hand, so that it is known which channels and influences make each class.

1.  An image of a class shows one of four parts at a random place. All images have a white frame and a level
    red line.
2.  The first convolution detects colours. Above it each part has a *path*: one channel in each layer that
    fires for this part alone, from layer to layer through another branch, or by a skip, or around it.
3.  Each output reads the end of one path. So a class's true graph is its path.
4.  *Decoys* are channels that fire and that make no class more likely than another.
5.  *Crosstalk*, small random weights everywhere, lets all other channels fire and influence a little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.aggregate.baselines import baseline_adder
from summit_graph.analysis.stability import GraphParts
from summit_graph.faithfulness.image_counts import ImageCounts, count_images
from summit_graph.images.input_rule import InputRule
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.model.program.capture import capture
from summit_graph.model.program.layers import read_program
from summit_graph.model.sources import ModelSource
from summit_graph.records import Channel, Parameters
from tests.program_models import conv

#: Inputs with their weights.
Reads = Mapping[int, float]
SIDE = 20
#: Images of a class.
IMAGES = 12
#: Pixels where nothing is drawn are random, below this value.
SPECKLE = 64
#: What an output adds where its part is shown.
LOGIT = 6.0
#: Pixels are only divided by 255.
RULE = InputRule("RGB", 1, (0, 0, 0), (1, 1, 1), resize=SIDE, crop=SIDE)
#: The classes, and the outputs' order.
PARTS = ("green dot", "red line", "blue square", "magenta dot")
#: What the first convolution detects: a channel's weights of red, green and blue, and its bias.
COLOURS = {
    "green": (-1.0, 1.0, -1.0, 0.0),
    "red": (1.0, -1.0, -1.0, 0.0),
    "blue": (-1.0, -1.0, 1.0, 0.0),
    "magenta": (1.0, -1.0, 1.0, -1.0),
    "white": (1.0, 1.0, 1.0, -2.0),
}
GREEN, RED, BLUE, MAGENTA, WHITE = range(len(COLOURS))
#: What detects a shape: a level line gives nothing, the square is three pixels wide.
SHAPES = {
    "red line": torch.tensor([[-1.0, 1.0, -1.0]] * 3) / 3,
    "blue square": functional.pad(torch.ones(3, 3), (1, 1, 1, 1), value=-1.0) / 9,
}


def draw(part: str, images: int = IMAGES, *, speckle: int = SPECKLE) -> NDArray[np.uint8]:
    """Images that show a part, uint8 (images, SIDE, SIDE, 3), with random pixels below ``speckle``."""
    random = np.random.default_rng(PARTS.index(part))
    pixels = random.integers(0, speckle, (images, SIDE, SIDE, 3), dtype=np.uint8)
    pixels[:, [0, -1]] = pixels[:, :, [0, -1]] = 255
    pixels[:, 2, 5:15] = 255, 0, 0
    for image in pixels:
        down, right = random.integers(6, SIDE - 5, 2)
        draw_part(image, part, down, right)
    return pixels


def draw_part(image: NDArray[np.uint8], part: str, down: int, right: int) -> None:
    """Draw one part with its middle at a place."""
    if part == "green dot":
        image[down, right] = 0, 255, 0
    elif part == "magenta dot":
        image[down, right] = 255, 0, 255
    elif part == "red line":
        image[down - 1 : down + 2, right] = 255, 0, 0
    else:
        image[down - 1 : down + 2, right - 1 : right + 2] = 0, 0, 255


class Wired(nn.Module):
    """What both networks have: the colours below, and the outputs above.

    Attributes:
        names: the layers.
        paths: the channels of each part's path, from the lowest layer up.
    """

    names: tuple[str, ...]
    paths: dict[str, list[int]]

    def __init__(self, stem: int, width: int) -> None:
        super().__init__()
        self.stem, self.fc = conv(3, stem, 1), nn.Linear(width, len(PARTS))
        without_weights(self)
        with torch.no_grad():
            for row, (*weights, bias) in enumerate(COLOURS.values()):
                self.stem.weight[row, :, 0, 0] = torch.tensor(weights)
                self.stem.bias[row] = bias

    def read(self, output: int, channel: int) -> None:
        """Let an output read a channel of the highest layer."""
        with torch.no_grad():
            self.fc.weight[output, channel] = LOGIT

    def forward(self, x: Tensor) -> Tensor:
        """Images (images, 3, SIDE, SIDE) -> logits (images, outputs)."""
        x = functional.relu(self.stem(x))
        for name in self.names:
            x = self.get_submodule(name)(x)
        found: Tensor = self.fc(functional.max_pool2d(x, SIDE).flatten(1))
        return found


def connect(convolution: nn.Module, output: int, reads: Reads, kernel: Tensor | None = None) -> None:
    """Let an output read inputs, each with a weight, by the middle of the kernel or by a given one."""
    assert isinstance(convolution, nn.Conv2d)
    middle = convolution.kernel_size[0] // 2
    with torch.no_grad():
        for input_, weight in reads.items():
            if kernel is None:
                convolution.weight[output, input_, middle, middle] = weight
            else:
                convolution.weight[output, input_] = weight * kernel


AnyWired = TypeVar("AnyWired", bound=Wired)


def without_weights(module: nn.Module) -> nn.Module:
    """The module with all weights 0."""
    for tensor in module.parameters():
        nn.init.zeros_(tensor)
    return module.eval()


def add_crosstalk(module: AnyWired, size: float = 0.1, *, seed: int = 0) -> AnyWired:
    """Add random weights to all layers and the outputs, smaller than the paths' by this factor."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            if name.endswith("weight") and name != "stem.weight":
                scale = size * tensor.abs().max().clamp(min=1) / tensor[0].numel() ** 0.5
                tensor.add_(scale * torch.randn(tensor.shape, generator=random))
    return module


# --- A network in the shape of InceptionV1 -----------------------------------------------------------------

BRANCHES = ("1x1", "3x3", "5x5", "pool")
#: Channels of each branch, and bottlenecks before 3x3 and 5x5. Those of the parts are numbered as the parts.
WIDTH = 8
#: Decoys, by their number in a branch.
LOUD, GENERAL = 4, 5


class Mixed(nn.Module):
    """Four branches, joined."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleDict({name: conv(inputs, WIDTH, 1) for name in ("3x3", "5x5")})
        self.branch = nn.ModuleDict(
            {
                "1x1": conv(inputs, WIDTH, 1),
                "3x3": conv(WIDTH, WIDTH, 3),
                "5x5": conv(WIDTH, WIDTH, 5),
                "pool": conv(inputs, WIDTH, 1),
            }
        )
        without_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        read = {"1x1": x, "pool": functional.max_pool2d(x, 3, 1, padding=1)}
        read |= {name: functional.relu(reduce(x)) for name, reduce in self.reduce.items()}
        return torch.cat([functional.relu(self.branch[name](read[name])) for name in BRANCHES], dim=1)

    def wire(self, branch: str, number: int, reads: Reads, kernel: Tensor | None = None) -> int:
        """Let a channel read channels of the layer before; through the bottleneck of its own number.

        Returns:
            The channel's number in the layer.
        """
        if branch in self.reduce:
            connect(self.reduce[branch], number, reads)
            reads = {number: 1.0}
        connect(self.branch[branch], number, reads, kernel)
        return BRANCHES.index(branch) * WIDTH + number


class WiredInception(Wired):
    """Mixed layers; the path of part p runs through branch p, p + 1 and p + 2.

    Args:
        loud: parts that have a decoy in each layer: three times as strong as the path, and read by nobody.
        general: whether a channel of each layer detects the frame, and is read by all outputs alike.
    """

    names = ("mixed1", "mixed2", "mixed3")

    def __init__(self, *, loud: Sequence[str] = (), general: bool = False) -> None:
        super().__init__(len(COLOURS), len(BRANCHES) * WIDTH)
        before = len(COLOURS)
        for name in self.names:
            self.add_module(name, Mixed(before))
            before = len(BRANCHES) * WIDTH
        self.paths = {part: self._wire_path(part, loud=part in loud) for part in PARTS}
        ends = [self._wire_general()] if general else []
        for output, path in enumerate(self.paths.values()):
            for channel in (path[-1], *ends):
                self.read(output, channel)

    def wire(self, layer: str, branch: str, number: int, reads: Reads, kernel: Tensor | None = None) -> int:
        """``Mixed.wire`` of a layer."""
        return self.mixed(layer).wire(branch, number, reads, kernel)

    def mixed(self, name: str) -> Mixed:
        """A layer."""
        found = self.get_submodule(name)
        assert isinstance(found, Mixed)
        return found

    def _wire_path(self, part: str, *, loud: bool) -> list[int]:
        """The channels of a part's path, from the lowest layer up."""
        number = PARTS.index(part)
        below, path = number, []
        for at, name in enumerate(self.names):
            branch = BRANCHES[(number + at) % len(BRANCHES)]
            kernel = SHAPES.get(part) if at == 0 else None
            if loud:
                self.wire(name, branch, LOUD, {below: 3.0}, kernel)
            below = self.wire(name, branch, number, {below: 1.0}, kernel)
            path.append(below)
        return path

    def _wire_general(self) -> int:
        below = WHITE
        for at, name in enumerate(self.names):
            below = self.wire(name, "1x1", GENERAL, {below: 2.0 if at == 0 else 1.0})
        return below


# --- A network in the shape of a ResNet --------------------------------------------------------------------

CHANNELS = 16
#: The channels of each part's path, from the stem up; where a path keeps its channel, a skip passes it on.
RESIDUAL_PATHS = {
    "green dot": (GREEN, 0, 0, 8, 12),
    "red line": (RED, 9, 9, 7, 13),
    "blue square": (BLUE, 10, 6, 6, 14),
    "magenta dot": (MAGENTA, 3, 11, 11, 15),
}


class Block(nn.Module):
    """Two convolutions, and a skip around them: the layer before, or a projection of it."""

    def __init__(self, *, projected: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(CHANNELS, CHANNELS), conv(CHANNELS, CHANNELS)
        self.skip = conv(CHANNELS, CHANNELS, 1) if projected else nn.Identity()
        without_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv2(functional.relu(self.conv1(x))) + self.skip(x))

    def move(self, before: int, after: int, kernel: Tensor | None, *, leave: bool) -> None:
        """Let a channel read another one through the convolutions; leave that one's copy, or erase it."""
        connect(self.conv1, before, {before: 1.0})
        connect(self.conv2, after, {before: 1.0}, kernel)
        if not leave and isinstance(self.skip, nn.Identity):
            connect(self.conv2, before, {before: -1.0})


class WiredResidual(Wired):
    """Blocks with plain skips, and a last one with a projection, around which the magenta dot goes.

    Args:
        leave: parts whose old copies the skips pass on when the path moves to another channel: decoys.
        general: whether the channel of the frame, which all skips pass on, is read by all outputs alike.
    """

    names = ("block1", "block2", "block3", "block4")

    def __init__(self, *, leave: Sequence[str] = (), general: bool = False) -> None:
        super().__init__(CHANNELS, CHANNELS)
        for name in self.names:
            self.add_module(name, Block(projected=name == "block4"))
        self.paths = {part: list(path[1:]) for part, path in RESIDUAL_PATHS.items()}
        for output, (part, path) in enumerate(RESIDUAL_PATHS.items()):
            self._wire_path(part, path, leave=part in leave)
            for channel in (path[-1], WHITE) if general else path[-1:]:
                self.read(output, channel)
        connect(self.block("block4").skip, WHITE, {WHITE: float(general)})
        self.stem.weight.data[WHITE] *= float(general)

    def block(self, name: str) -> Block:
        """A layer."""
        found = self.get_submodule(name)
        assert isinstance(found, Block)
        return found

    def _wire_path(self, part: str, path: Sequence[int], *, leave: bool) -> None:
        shape = SHAPES.get(part)
        kernel = shape if shape is None or len(shape) == 3 else shape[1:-1, 1:-1]
        for name, (before, after) in zip(self.names, pairwise(path), strict=True):
            block = self.block(name)
            if name == "block4" and part != "magenta dot":
                connect(block.skip, after, {before: 1.0})
            elif before != after:
                block.move(before, after, kernel if name == "block1" else None, leave=leave)


# --- Their graphs ------------------------------------------------------------------------------------------


def truth(module: Wired, part: str) -> GraphParts:
    """The true graph of a class: its path."""
    path = [Channel(layer, at) for layer, at in zip(module.names, module.paths[part], strict=True)]
    return GraphParts(frozenset(path), frozenset(pairwise(path)))


def count_wired(module: Wired, parameters: Parameters) -> CountedModel:
    """What is counted of a network."""
    layers = module.names
    captured = capture(module, (SIDE, SIDE))
    source = ModelSource("wired", captured, RULE, layers=layers)
    return counted_model(source, read_program(captured, layers=layers), parameters)


def count_part(model: CountedModel, parameters: Parameters, part: str) -> ImageCounts:
    """The counts of a class."""
    return count_pixels(model, parameters, draw(part), PARTS.index(part))


def count_pixels(
    model: CountedModel, parameters: Parameters, pixels: NDArray[np.uint8], output: int
) -> ImageCounts:
    """The counts of images; relevance from the mean over the images of other outputs' classes."""
    adder = baseline_adder(model)
    for other in PARTS:
        if other != PARTS[output]:
            adder.add(draw(other))
    return count_images(model, parameters, pixels, output=output, baseline=adder.read())
