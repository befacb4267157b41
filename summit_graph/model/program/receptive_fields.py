"""Receptive fields of a program's values, from kernel sizes, strides and padding.

After a global pool, a gate or a linear operator over positions, every field is the whole image. It is also
behind an operator whose effect on positions is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch.fx import Node

from summit_graph.model.program.flow import Flow
from summit_graph.model.program.mixing import arguments, pair
from summit_graph.model.program.steps import Mixing, Step, operator_name

#: Left, top, right, bottom, in pixels.
Box = tuple[int, int, int, int]
_POOLS = ("max_pool2d", "max_pool2d_with_indices", "avg_pool2d")
#: Padding after which a position still depends on neighbouring pixels only.
_PADS = ("pad", "constant_pad_nd", "reflection_pad2d", "replication_pad2d")
_POOL_ARGUMENTS = {
    "max_pool2d": ["input", "kernel_size", "stride", "padding", "dilation"],
    "max_pool2d_with_indices": ["input", "kernel_size", "stride", "padding", "dilation"],
    "avg_pool2d": ["input", "kernel_size", "stride", "padding"],
}


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

    def joined(self, other: Field) -> Field:
        """The smallest field that contains both; the jumps are the same."""
        left = min(one.first - (one.size - 1) / 2 for one in (self, other))
        right = max(one.first + (one.size - 1) / 2 for one in (self, other))
        return Field(int(right - left) + 1, self.jump, (left + right) / 2)

    def span(self, position: int, side: int) -> tuple[int, int]:
        """First pixel of a position's field, and one past its last, clipped to a picture of that side."""
        left = self.first + position * self.jump - (self.size - 1) / 2
        return max(0, int(left)), min(side, int(left) + self.size)


@dataclass(frozen=True, slots=True)
class Fields:
    """The receptive field of a map's positions, downwards and across."""

    down: Field = Field()
    across: Field = Field()

    def box(self, position: int, *, width: int, side: int) -> Box:
        """Left, top, right, bottom of a flat position's field, clipped to a picture of that side.

        Args:
            position: row · width + column.
            width: the map's.
        """
        row, column = divmod(position, width)
        (left, right), (top, bottom) = self.across.span(column, side), self.down.span(row, side)
        return left, top, right, bottom


def read_fields(flow: Flow) -> dict[str, Fields | None]:
    """The receptive field of each value; None for the whole image."""
    found: dict[str, Fields | None] = {}
    for name, step in flow.steps.items():
        found[name] = _read(flow, name, step, [found[operand] for operand in step.operands])
    return found


def _read(flow: Flow, name: str, step: Step, operands: list[Fields | None]) -> Fields | None:
    if step.kind == "image":
        return Fields()
    known = [one for one in operands if one is not None]
    if len(known) < len(operands) or not known or step.layout is None or step.affine.gate:
        return None
    joined = _joined(known)
    if joined is None or step.mixing:
        return joined and _through_mixing(joined, step.mixing)
    return _through(flow, flow.nodes[name], step, joined)


def _joined(fields: list[Fields]) -> Fields | None:
    first, *others = fields
    for other in others:
        if (first.down.jump, first.across.jump) != (other.down.jump, other.across.jump):
            return None
        first = Fields(first.down.joined(other.down), first.across.joined(other.across))
    return first


def _through_mixing(fields: Fields, mixing: Mixing | None) -> Fields | None:
    if mixing is None:
        return None
    left, _, top, _ = mixing.padding
    return _moved(fields, tuple(mixing.weight.shape[2:]), mixing.stride, (top, left), mixing.dilation)


def _through(flow: Flow, node: Node, step: Step, fields: Fields) -> Fields | None:
    """The fields behind a relay: moved by windows and padding, else the same where the size is."""
    name = operator_name(node)
    if name in ("conv2d", "convolution"):
        given = arguments(node, ["input", "weight", "bias", "stride", "padding", "dilation"])
        kernel = tuple(int(side) for side in given["weight"].meta["val"].shape[2:])
        return _windowed(fields, kernel, given, stride=1)
    if name in _POOLS:
        given = arguments(node, _POOL_ARGUMENTS[name])
        kernel = pair(given["kernel_size"])
        return _windowed(fields, kernel, given, stride=kernel)
    if name in _PADS and step.layout is not None and step.layout.is_along(1):
        return _padded(fields, arguments(node, ["input", "pad", "mode"]))
    before = flow.steps[step.operands[0]].layout
    same = before is not None and step.layout is not None and before.size == step.layout.size
    return fields if same else None


def _windowed(
    fields: Fields, kernel: tuple[int, ...], given: dict[str, Any], *, stride: int | tuple[int, int]
) -> Fields | None:
    padding = given.get("padding", 0)
    dilation = pair(given.get("dilation", 1))
    if padding == "same":
        padding = [dilation[at] * (kernel[at] - 1) // 2 for at in (0, 1)]
    steps = pair(given.get("stride") or stride)
    return _moved(fields, kernel, steps, (0, 0) if padding == "valid" else pair(padding), dilation)


def _padded(fields: Fields, given: dict[str, Any]) -> Fields | None:
    if given.get("mode") == "circular":
        return None
    sides = given["pad"] if "pad" in given else given["padding"]
    left, _, top, _ = (*sides, 0, 0, 0, 0)[:4]
    return _moved(fields, (1, 1), (1, 1), (top, left), (1, 1))


def _moved(
    fields: Fields,
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> Fields:
    down, across = (
        one.through(dilation[at] * (kernel[at] - 1) + 1, stride=stride[at], padding=padding[at])
        for at, one in enumerate((fields.down, fields.across))
    )
    return Fields(down, across)
