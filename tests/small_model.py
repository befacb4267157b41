"""A narrow InceptionV1 with random weights, in every family, and images to count; without downloads."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.model.checkpoints import (
    BLOCK,
    CLASSIFIER,
    KERNEL_SIZES,
    caffe_block,
    canonical_tensors,
    convolution_names,
)
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.model.inception import MIXED_LAYERS, Inception
from summit_graph.model.program.capture import capture
from summit_graph.model.program.layers import Program, read_program
from summit_graph.model.sources import INCEPTION, ModelSource
from summit_graph.model.weights import Weights
from summit_graph.records import Parameters
from tests.plain_inception5h import Inception5h

FAMILIES = ("caffe", "torchvision", "inception5h")
#: Outputs of each convolution of a mixed layer, and of the stem's three.
BLOCK_WIDTHS = {"1x1": 5, "3x3_reduce": 7, "3x3": 6, "5x5_reduce": 3, "5x5": 4, "pool_proj": 4}
STEM_WIDTHS = {"conv1/7x7_s2": 6, "conv2/3x3_reduce": 6, "conv2/3x3": 8}
OUTPUTS = 10
#: GoogLeNet's widths, in the order of BLOCK: 1x1, 3x3_reduce, 3x3, 5x5_reduce, 5x5, pool_proj.
FULL_STEM_WIDTHS = {"conv1/7x7_s2": 64, "conv2/3x3_reduce": 64, "conv2/3x3": 192}
FULL_WIDTHS = {
    "mixed3a": (64, 96, 128, 16, 32, 32),
    "mixed3b": (128, 128, 192, 32, 96, 64),
    "mixed4a": (192, 96, 208, 16, 48, 64),
    "mixed4b": (160, 112, 224, 24, 64, 64),
    "mixed4c": (128, 128, 256, 24, 64, 64),
    "mixed4d": (112, 144, 288, 32, 64, 64),
    "mixed4e": (256, 160, 320, 32, 128, 128),
    "mixed5a": (256, 160, 320, 32, 128, 128),
    "mixed5b": (384, 192, 384, 48, 128, 128),
}


def convolution_shapes(*, family: str = "caffe", full: bool = False) -> dict[str, tuple[int, int, int, int]]:
    """The shape of every convolution's weight by canonical name."""
    shapes = {}
    width = 3
    for name, narrow in STEM_WIDTHS.items():
        outputs = FULL_STEM_WIDTHS[name] if full else narrow
        shapes[name] = (outputs, width, *_kernel(name, family))
        width = outputs
    for layer in LAYER_NAMES:
        widths = dict(zip(BLOCK, FULL_WIDTHS[layer], strict=True)) if full else BLOCK_WIDTHS
        for name in BLOCK:
            inputs = widths.get(f"{name}_reduce", width)
            shapes[f"{caffe_block(layer)}/{name}"] = (widths[name], inputs, *_kernel(name, family))
        width = sum(widths[name] for name in ("1x1", "3x3", "5x5", "pool_proj"))
    return shapes


def caffe_tensors(seed: int = 0, *, full: bool = False) -> dict[str, Tensor]:
    """Canonical tensors of a narrow (or full-width) InceptionV1 of the Caffe family."""
    random = torch.Generator().manual_seed(seed)
    tensors = {}
    shapes = convolution_shapes(full=full)
    for name, shape in shapes.items():
        tensors[f"{name}.weight"] = _weight(shape, random)
        tensors[f"{name}.bias"] = 0.05 * torch.randn(shape[0], generator=random)
    width = sum(shapes[f"inception_5b/{name}"][0] for name in ("1x1", "3x3", "5x5", "pool_proj"))
    tensors[f"{CLASSIFIER}.weight"] = torch.randn(OUTPUTS, width, generator=random)
    tensors[f"{CLASSIFIER}.bias"] = torch.randn(OUTPUTS, generator=random)
    return tensors


def torchvision_tensors(seed: int = 0) -> dict[str, Tensor]:
    """The state dict of a narrow InceptionV1 of the torchvision family, including batch norm."""
    random = torch.Generator().manual_seed(seed)
    tensors = {}
    shapes = convolution_shapes(family="torchvision")
    for name, module in convolution_names().items():
        outputs = shapes[name][0]
        tensors[f"{module}.conv.weight"] = _weight(shapes[name], random)
        tensors[f"{module}.bn.weight"] = 0.8 + 0.4 * torch.rand(outputs, generator=random)
        tensors[f"{module}.bn.bias"] = 0.2 * torch.randn(outputs, generator=random)
        tensors[f"{module}.bn.running_mean"] = 0.1 * torch.randn(outputs, generator=random)
        tensors[f"{module}.bn.running_var"] = 0.5 + torch.rand(outputs, generator=random)
        tensors[f"{module}.bn.num_batches_tracked"] = torch.tensor(7)
    width = sum(BLOCK_WIDTHS[name] for name in ("1x1", "3x3", "5x5", "pool_proj"))
    tensors["fc.weight"] = torch.randn(OUTPUTS, width, generator=random)
    tensors["fc.bias"] = torch.randn(OUTPUTS, generator=random)
    return tensors


def small_weights(family: str = "caffe", *, seed: int = 0) -> Weights:
    """A narrow InceptionV1 with 19 channels per mixed layer and 10 outputs."""
    raw = _RAW[family](seed)
    recognised, tensors = canonical_tensors(raw, source="small model")
    return Weights.of(f"small-{family}", recognised, tensors)


def inception5h_tensors(seed: int = 0) -> dict[str, Tensor]:
    """The state dict of a narrow InceptionV1 of the Inception5h family."""
    return Inception5h(seed=seed, outputs=OUTPUTS).state_dict()


_RAW = dict(zip(FAMILIES, (caffe_tensors, torchvision_tensors, inception5h_tensors), strict=True))


def full_weights(seed: int = 0) -> Weights:
    """A full-width GoogLeNet of the Caffe family with weights from a seed and 10 outputs."""
    return Weights.of("full-caffe", "caffe", caffe_tensors(seed, full=True))


def count_weights(weights: Weights, parameters: Parameters | None = None) -> CountedModel:
    """What is counted of an InceptionV1 with these weights; captures it, which takes seconds."""
    return counted_model(*_captured(weights), parameters)


@cache
def small_program(family: str, seed: int = 0) -> tuple[ModelSource, Program]:
    """The program of ``small_weights``; captured once in a process."""
    return _captured(small_weights(family, seed=seed))


@cache
def small_counted(
    family: str = "caffe", parameters: Parameters | None = None, *, seed: int = 0
) -> CountedModel:
    """What is counted of ``small_weights``; captured once in a process."""
    return counted_model(*small_program(family, seed), parameters)


@cache
def full_counted() -> CountedModel:
    """What is counted of ``full_weights``; captured once in a process."""
    return count_weights(full_weights())


def _captured(weights: Weights) -> tuple[ModelSource, Program]:
    """As ``open_model`` captures InceptionV1 with weights from a file."""
    captured = capture(Inception(weights), (weights.input.crop, weights.input.crop))
    source = ModelSource(
        INCEPTION,
        captured,
        weights.input,
        layers=MIXED_LAYERS,
        short_stop_names=True,
        assumed=weights.assumed,
        weights=weights.name,
        sha256=weights.sha256,
        branches={layer.name: layer.branches for layer in weights.layers if layer.branches},
    )
    return source, read_program(captured, layers=MIXED_LAYERS, short_stop_names=True)


def write_small_weights(file: Path, *, seed: int = 0) -> Path:
    """The Caffe family's narrow model as a safetensors file, for commands that take a file."""
    save_file(caffe_tensors(seed), file)
    return file


def small_pixels(images: int, *, seed: int = 0, side: int = 224) -> np.ndarray:
    """Smooth random images for a model, uint8 (images, side, side, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (images, 12, 9, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((side, side))) for one in coarse])


def write_images(root: Path, classes: dict[str, int], *, seed: int = 0) -> Path:
    """An ImageFolder tree with this many PNGs per class, of different sizes."""
    random = np.random.default_rng(seed)
    for name, images in classes.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for at in range(images):
            coarse = Image.fromarray(random.integers(0, 256, (11, 8, 3), dtype=np.uint8))
            coarse.resize((100 + 3 * at, 90)).save(root / name / f"{at:03}.png", compress_level=1)
    return root


def _kernel(name: str, family: str) -> tuple[int, int]:
    side = KERNEL_SIZES.get(name.split("/")[-1], 1)
    side = 3 if family == "torchvision" and side == 5 else side
    return side, side


def _weight(shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    """Scaled so that activations have a similar magnitude in all layers; some channels are dead."""
    inputs = shape[1] * shape[2] * shape[3]
    return torch.randn(shape, generator=random) * (2.0 / inputs) ** 0.5
