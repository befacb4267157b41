"""Weights files -> canonical tensors: Caffe's layer names, batch norm folded (SPEC 2).

Three families of InceptionV1 are recognised by their tensors' names:

- ``caffe``: BVLC GoogLeNet's names, as safetensors (``inception_3a/1x1.weight``) or as initializers of the
  ONNX conversion (``inception_3a/1x1_w_0``).
- ``torchvision``: ``torchvision.models.GoogLeNet``'s state dict, whose convolutions have batch norm.
- ``inception5h``: the paper's own weights, as converted to PyTorch (``mixed3a_1x1_pre_relu_conv.weight``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.errors import WeightsError
from summit_graph.model.state_dicts import (
    fit_names,
    read_state_dict,
    refuse_not_finite,
    refuse_quantized,
    sound_tensor,
)

Family = Literal["caffe", "torchvision", "inception5h"]


@dataclass(frozen=True, slots=True)
class ResponseNorm:
    """Local response normalization: x / (1 + 1e-4/size · sum of squares over ``size`` channels)^beta."""

    size: int
    beta: float


@dataclass(frozen=True, slots=True)
class Structure:
    """How a family differs from the others, apart from its tensors' names and widths.

    Attributes:
        border: zeros on the left, right, top and bottom of the image; None for 3 on each side, which the
            first convolution adds itself.
        norm: the stem's response normalization, if it has one.
        side_5x5: side of the kernel that is called 5x5.
        last_pool: side of the max pool before mixed5a.
    """

    border: tuple[int, int, int, int] | None
    norm: ResponseNorm | None
    side_5x5: int
    last_pool: int


#: All max pools of stride 2 are in ceil mode: the same as with -inf on the right and at the bottom.
STRUCTURES: Mapping[Family, Structure] = {
    "caffe": Structure(None, ResponseNorm(5, 0.75), side_5x5=5, last_pool=3),
    "torchvision": Structure(None, None, side_5x5=3, last_pool=2),
    "inception5h": Structure((2, 3, 2, 3), ResponseNorm(9, 0.5), side_5x5=5, last_pool=3),
}

#: torchvision's batch norm; not torch's default of 1e-5.
BATCH_NORM_EPSILON = 0.001
CLASSIFIER = "loss3/classifier"
#: Convolutions of the stem and of a mixed layer by their Caffe names, with torchvision's and Inception5h's.
STEM = {"conv1/7x7_s2": "conv1", "conv2/3x3_reduce": "conv2", "conv2/3x3": "conv3"}
STEM_5H = {"conv1/7x7_s2": "conv2d0", "conv2/3x3_reduce": "conv2d1", "conv2/3x3": "conv2d2"}
BLOCK = {
    "1x1": "branch1",
    "3x3_reduce": "branch2.0",
    "3x3": "branch2.1",
    "5x5_reduce": "branch3.0",
    "5x5": "branch3.1",
    "pool_proj": "branch4.1",
}
BLOCK_5H = {
    "1x1": "1x1",
    "3x3_reduce": "3x3_bottleneck",
    "3x3": "3x3",
    "5x5_reduce": "5x5_bottleneck",
    "5x5": "5x5",
    "pool_proj": "pool_reduce",
}
CLASSIFIER_5H = "softmax2_pre_activation_matmul"
#: Side of the square kernels by the last part of the convolution's name; all others are 1x1.
KERNEL_SIZES = {"7x7_s2": 7, "3x3": 3, "5x5": 5}

_ONNX_NAME = re.compile(r"(.+)_([wb])_0")
#: torchvision's classifier, alone or in a Sequential after a dropout.
_TORCHVISION_CLASSIFIERS = ("fc", *(f"fc.{place}" for place in range(10)))
_AUXILIARY = ("aux1.", "aux2.", "head0_", "head1_", "nn0_", "nn1_", "softmax0_", "softmax1_")
_NORM = ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")


def caffe_block(layer: str) -> str:
    """Caffe's name of a mixed layer: ``inception_3a`` for ``mixed3a``."""
    return layer.replace("mixed", "inception_")


def convolution_names() -> dict[str, str]:
    """Every convolution's canonical name -> torchvision's."""
    names = dict(STEM)
    for layer in LAYER_NAMES:
        for convolution, module in BLOCK.items():
            names[f"{caffe_block(layer)}/{convolution}"] = f"{layer.replace('mixed', 'inception')}.{module}"
    return names


def names_of_5h() -> dict[str, str]:
    """Every convolution's and the classifier's canonical name -> Inception5h's."""
    names = {name: f"{own}_pre_relu_conv" for name, own in STEM_5H.items()}
    for layer in LAYER_NAMES:
        for convolution, own in BLOCK_5H.items():
            names[f"{caffe_block(layer)}/{convolution}"] = f"{layer}_{own}_pre_relu_conv"
    return names | {CLASSIFIER: CLASSIFIER_5H}


def read_checkpoint(file: Path) -> tuple[Family, dict[str, Tensor]]:
    """The family and the canonical tensors (CPU, float32, contiguous) of a file.

    Raises:
        WeightsError: the file is missing, damaged, of another format or of another architecture.
    """
    family, tensors = canonical_tensors(read_state_dict(file), source=str(file))
    check_tensors(tensors, family, source=str(file))
    return family, tensors


def canonical_tensors(raw: Mapping[str, Tensor], *, source: str) -> tuple[Family, dict[str, Tensor]]:
    """Rename and fold a state dict's tensors; auxiliary heads are left out."""
    raw = {_plain_name(name): tensor for name, tensor in raw.items()}
    caffe = fit_names(raw, _named(_caffe_names()), source=source)
    if "conv1/7x7_s2.weight" in caffe.tensors:
        return "caffe", _plain_tensors(caffe.tensors, _caffe_names(), source)
    torchvision = fit_names(raw, _torchvision_names(), source=source)
    if "conv1.conv.weight" in torchvision.tensors:
        _refuse_extra(torchvision.extra, source)
        return "torchvision", _torchvision_tensors(torchvision.tensors, source)
    inception5h = fit_names(raw, _named(names_of_5h().values()), source=source)
    if f"{STEM_5H['conv1/7x7_s2']}_pre_relu_conv.weight" in inception5h.tensors:
        _refuse_extra(inception5h.extra, source)
        return "inception5h", _plain_tensors(inception5h.tensors, names_of_5h(), source)
    refuse_quantized(raw, source=source)
    raise WeightsError(
        f"{source} is not an InceptionV1: it has neither Caffe's conv1/7x7_s2, torchvision's conv1.conv nor "
        "Inception5h's conv2d0_pre_relu_conv"
    )


def _caffe_names() -> dict[str, str]:
    return {name: name for name in (*convolution_names(), CLASSIFIER)}


def _named(layers: Iterable[str]) -> set[str]:
    """The names of the tensors of layers without batch norm."""
    return {f"{name}.{kind}" for name in layers for kind in ("weight", "bias")}


def _torchvision_names() -> set[str]:
    convolutions = {f"{module}.{part}" for module in convolution_names().values() for part in _NORM}
    return convolutions | _named(_TORCHVISION_CLASSIFIERS)


def _refuse_extra(extra: Sequence[str], source: str) -> None:
    """Refuse tensors of layers that InceptionV1 lacks: the file is of another model."""
    for name in extra:
        if "." in name and not any(head in name for head in _AUXILIARY):
            raise WeightsError(f"{source} is not an InceptionV1: it has a tensor more, {name!r}")


def check_tensors(tensors: Mapping[str, Tensor], family: Family, *, source: str) -> None:
    """Raise WeightsError if shapes do not match or a value is not finite."""
    for name, tensor in tensors.items():
        if not tensor.ndim:
            raise WeightsError(f"{source} is not an InceptionV1: {name} is a single number")
    for name, expected in _expected_shapes(tensors, family).items():
        shape = tuple(tensors[name].shape)
        if shape != expected:
            raise WeightsError(f"{source} is not an InceptionV1: {name} is {shape}, not {expected}")
        refuse_not_finite(tensors[name], name=name, source=source)


def _plain_name(name: str) -> str:
    """ONNX's ``x_w_0`` as ``x.weight``."""
    if match := _ONNX_NAME.fullmatch(name):
        return f"{match[1]}.{'weight' if match[2] == 'w' else 'bias'}"
    return name


def _plain_tensors(raw: Mapping[str, Tensor], names: Mapping[str, str], source: str) -> dict[str, Tensor]:
    """The tensors of layers without batch norm, by the layers' canonical names."""
    tensors = {}
    for name, own in names.items():
        rank = 2 if name == CLASSIFIER else 4
        tensors[f"{name}.weight"] = _trimmed(_tensor(raw, f"{own}.weight", source), rank)
        tensors[f"{name}.bias"] = _trimmed(_tensor(raw, f"{own}.bias", source), 1)
    return tensors


def _torchvision_tensors(raw: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    tensors = {}
    for name, module in convolution_names().items():
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = _folded(raw, module, source)
    classifier = _torchvision_classifier(raw, source)
    for kind in ("weight", "bias"):
        tensors[f"{CLASSIFIER}.{kind}"] = _tensor(raw, f"{classifier}.{kind}", source).float().contiguous()
    return tensors


def _torchvision_classifier(raw: Mapping[str, Tensor], source: str) -> str:
    """``fc``, or ``fc.1`` in a Sequential of dropout and linear layer."""
    there = [fc for fc in _TORCHVISION_CLASSIFIERS if {f"{fc}.weight", f"{fc}.bias"} & raw.keys()]
    if len(there) > 1:
        layers = ", ".join(there)
        raise WeightsError(f"{source} is not an InceptionV1: its classifier has several layers ({layers})")
    return there[0] if there else "fc"


def _folded(raw: Mapping[str, Tensor], module: str, source: str) -> tuple[Tensor, Tensor]:
    """A convolution's weight and bias with its batch norm folded in, in float64 and then rounded."""
    weight, scale, shift, mean, variance = (
        _tensor(raw, f"{module}.{name}", source).double() for name in _NORM
    )
    if any(one.shape != weight.shape[:1] for one in (scale, shift, mean, variance)):
        raise WeightsError(f"{source} is not an InceptionV1: {module} has a batch norm of another width")
    scale = scale / torch.sqrt(variance + BATCH_NORM_EPSILON)
    folded = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    return folded.float().contiguous(), (shift - mean * scale).float().contiguous()


def _tensor(raw: Mapping[str, Tensor], name: str, source: str) -> Tensor:
    if name not in raw:
        raise WeightsError(f"{source} is not an InceptionV1: the tensor {name} is missing")
    return sound_tensor(raw[name], name=name, source=source)


def _trimmed(tensor: Tensor, rank: int) -> Tensor:
    """Without leading dimensions of 1, down to ``rank``."""
    while tensor.ndim > rank and tensor.shape[0] == 1:
        tensor = tensor[0]
    return tensor.float().contiguous()


def _expected_shapes(tensors: Mapping[str, Tensor], family: Family) -> dict[str, tuple[int, ...]]:
    """Each tensor's shape as it follows from the number of outputs of every convolution."""
    outputs = {name: tensors[f"{name}.weight"].shape[0] for name in [*convolution_names(), CLASSIFIER]}
    inputs = {"conv1/7x7_s2": 3, "conv2/3x3_reduce": outputs["conv1/7x7_s2"]}
    inputs["conv2/3x3"] = outputs["conv2/3x3_reduce"]
    width = outputs["conv2/3x3"]
    for block in map(caffe_block, LAYER_NAMES):
        for name in BLOCK:
            expands = name in ("3x3", "5x5")
            inputs[f"{block}/{name}"] = outputs[f"{block}/{name}_reduce"] if expands else width
        width = sum(outputs[f"{block}/{name}"] for name in ("1x1", "3x3", "5x5", "pool_proj"))
    shapes: dict[str, tuple[int, ...]] = {f"{CLASSIFIER}.weight": (outputs[CLASSIFIER], width)}
    for name, channels in inputs.items():
        size = KERNEL_SIZES.get(name.split("/")[1], 1)
        size = STRUCTURES[family].side_5x5 if size == 5 else size
        shapes[f"{name}.weight"] = (outputs[name], channels, size, size)
    return shapes | {f"{name}.bias": (count,) for name, count in outputs.items()}
