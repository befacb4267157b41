"""Receptive fields of the positions of a mixed layer, from kernel sizes, strides and padding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from summit_graph.images import CROPPED_SIDE
from summit_graph.model.checkpoints import caffe_block
from summit_graph.model.weights import Weights
from summit_graph.records import BOTTLENECK_BRANCHES, BRANCHES, LAYER_NAMES

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Field:
    """The receptive field along one axis, in pixels of the picture.

    Attributes:
        size: width of the field.
        jump: distance between the fields of neighbouring positions.
        first: center of position 0's field; the center of pixel 0 is 0.
    """

    size: int = 1
    jump: int = 1
    first: float = 0.0

    def through(self, kernel: int, *, stride: int = 1, padding: int = 0) -> Field:
        """The field of a convolution or pool over this map."""
        return Field(
            self.size + (kernel - 1) * self.jump,
            self.jump * stride,
            self.first + ((kernel - 1) / 2 - padding) * self.jump,
        )

    def span(self, position: int) -> tuple[int, int]:
        """First pixel of a position's field, and one past its last, clipped to the picture."""
        left = self.first + position * self.jump - (self.size - 1) / 2
        return max(0, int(left)), min(CROPPED_SIDE, int(left) + self.size)


def fields_of(weights: Weights) -> dict[tuple[str, str], Field]:
    """The receptive field of each branch, by (layer, branch)."""
    torchvision = weights.family == "torchvision"
    field = Field().through(7, stride=2, padding=3).through(3, stride=2).through(3, padding=1)
    field = field.through(3, stride=2)
    fields = {}
    for name in LAYER_NAMES:
        if name == "mixed4a":
            field = field.through(3, stride=2)
        elif name == "mixed5a":
            field = field.through(2 if torchvision else 3, stride=2)
        for branch, kernel in _kernels(weights, name).items():
            fields[name, branch] = field.through(kernel, padding=kernel // 2)
        field = max((fields[name, branch] for branch in BRANCHES), key=lambda one: one.size)
    return fields


def side_of_map(field: Field) -> int:
    """Number of positions of a map with this field along one axis."""
    return CROPPED_SIDE // field.jump


def box_around(field: Field, position: int, width: int) -> Box:
    """Left, top, right, bottom of a flat position's field, clipped to the picture; ``width`` is the map's."""
    row, column = divmod(position, width)
    (left, right), (top, bottom) = field.span(column), field.span(row)
    return left, top, right, bottom


def _kernels(weights: Weights, layer: str) -> Mapping[str, int]:
    """The side of each branch's kernel on the layer's input."""
    expanded = {
        branch: weights.tensors[f"{caffe_block(layer)}/{branch}.weight"].shape[-1]
        for branch in BOTTLENECK_BRANCHES
    }
    return {"1x1": 1, **expanded, "pool": 3}
