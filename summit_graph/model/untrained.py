"""An InceptionV1 of the standard widths with random weights, for where the trained ones cannot be had."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from summit_graph.counts import STANDARD_BRANCHES
from summit_graph.model.checkpoints import CLASSIFIER, caffe_block
from summit_graph.records import BOTTLENECK_BRANCHES

#: Bottlenecks of the 3x3 and the 5x5 branch of the standard InceptionV1.
STANDARD_BOTTLENECKS = {
    "mixed3a": (96, 16),
    "mixed3b": (128, 32),
    "mixed4a": (96, 16),
    "mixed4b": (112, 24),
    "mixed4c": (128, 24),
    "mixed4d": (144, 32),
    "mixed4e": (160, 32),
    "mixed5a": (160, 32),
    "mixed5b": (192, 48),
}
OUTPUTS = 1000

Shape = tuple[int, int, int, int]


def untrained_tensors(*, seed: int = 0) -> dict[str, Tensor]:
    """Canonical float32 tensors of Caffe's family; scaled so that activations keep their size."""
    random = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in _convolution_shapes().items():
        spread = (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
        tensors[f"{name}.weight"] = torch.randn(shape, generator=random) * spread
        tensors[f"{name}.bias"] = torch.zeros(shape[0])
    width = sum(STANDARD_BRANCHES["mixed5b"])
    tensors[f"{CLASSIFIER}.weight"] = torch.randn(OUTPUTS, width, generator=random) / width**0.5
    tensors[f"{CLASSIFIER}.bias"] = torch.zeros(OUTPUTS)
    return tensors


def write_untrained_weights(file: Path) -> Path:
    """``untrained_tensors`` as a safetensors file, made where it is missing."""
    from safetensors.torch import save_file

    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        staged = file.with_name(f"{file.name}.new")
        save_file(untrained_tensors(), staged)
        staged.rename(file)
    return file


def _convolution_shapes() -> dict[str, Shape]:
    shapes: dict[str, Shape] = {
        "conv1/7x7_s2": (64, 3, 7, 7),
        "conv2/3x3_reduce": (64, 64, 1, 1),
        "conv2/3x3": (192, 64, 3, 3),
    }
    inputs = 192
    for layer, widths in STANDARD_BRANCHES.items():
        shapes |= _block_shapes(layer, inputs)
        inputs = sum(widths)
    return shapes


def _block_shapes(layer: str, inputs: int) -> dict[str, Shape]:
    one, *expanded, pool = STANDARD_BRANCHES[layer]
    shapes: dict[str, Shape] = {"1x1": (one, inputs, 1, 1), "pool_proj": (pool, inputs, 1, 1)}
    for branch, outputs, reduced in zip(
        BOTTLENECK_BRANCHES, expanded, STANDARD_BOTTLENECKS[layer], strict=True
    ):
        side = int(branch[0])
        shapes[f"{branch}_reduce"] = (reduced, inputs, 1, 1)
        shapes[branch] = (outputs, reduced, side, side)
    return {f"{caffe_block(layer)}/{name}": shape for name, shape in shapes.items()}
