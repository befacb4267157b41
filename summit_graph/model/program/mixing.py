"""Operators that mix channels: convolutions, and linear operators over the channel dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.fx import Node

from summit_graph.model.program.layouts import Layout, example_shape
from summit_graph.model.program.steps import Mixing, Reading, Step, operator_name


def read_convolution(reading: Reading, node: Node) -> Step:
    """``conv2d``, or ``convolution`` in a program that was lowered further."""
    names = ["input", "weight", "bias", "stride", "padding", "dilation"]
    if operator_name(node) == "convolution":
        names += ["transposed", "output_padding"]
    given = arguments(node, [*names, "groups"])
    images, weight, bias = given.pop("input"), given.pop("weight"), given.get("bias")
    shape = example_shape(node.meta["val"])
    is_fixed = not reading.is_from_image(weight) and not reading.is_from_image(bias)
    if given.get("transposed") or len(shape) != 4 or not is_fixed:
        return reading.unread(node, always_blamed=True)
    layout = reading.layout(images)
    if layout is not None and not layout.is_along(1):
        return reading.unread(node)
    mixing = _mixing(reading, reading.constant(weight), bias, given)
    new = Layout.plain(shape, 1)
    if mixing.groups == mixing.outputs > 1 and mixing.weight.shape[1] == 1:
        return Step("relay", (images.name,), new) if layout else reading.unread(node)
    return Step("mixing", (images.name,), new, mixing=mixing)


def _mixing(reading: Reading, weight: Tensor, bias: Any, given: dict[str, Any]) -> Mixing:
    dilation = pair(given.get("dilation", 1))
    kernel = (weight.shape[2], weight.shape[3])
    return Mixing(
        weight,
        None if bias is None else reading.constant(bias),
        pair(given.get("stride", 1)),
        _sides(given.get("padding", 0), kernel, dilation),
        dilation,
        given.get("groups", 1),
    )


def _sides(padding: Any, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int, int, int]:
    if padding == "same":
        tall, wide = (dilation[at] * (kernel[at] - 1) for at in (0, 1))
        return wide // 2, wide - wide // 2, tall // 2, tall - tall // 2
    tall, wide = (0, 0) if padding == "valid" else pair(padding)
    return wide, wide, tall, tall


def read_linear(reading: Reading, node: Node) -> Step:
    """``linear(input, weight, bias)``."""
    given = arguments(node, ["input", "weight", "bias"])
    return _linear(reading, node, given["input"], given["weight"], given.get("bias"), transposed=False)


def read_addmm(reading: Reading, node: Node) -> Step:
    """``addmm(bias, input, weight)``, a lowered linear operator."""
    bias, images, weight = node.args
    if node.kwargs:
        return reading.unread(node, always_blamed=True)
    return _linear(reading, node, images, weight, bias, transposed=True)


def read_matmul(reading: Reading, node: Node) -> Step:
    """``matmul(input, weight)`` and ``mm`` with a constant matrix as weight."""
    images, weight = node.args
    return _linear(reading, node, images, weight, None, transposed=True)


def _linear(reading: Reading, node: Node, images: Any, weight: Any, bias: Any, *, transposed: bool) -> Step:
    constants = [weight] if bias is None else [weight, bias]
    if not reading.is_from_image(images) or any(map(reading.is_from_image, constants)):
        return reading.unread(node, always_blamed=True)
    matrix = reading.constant(weight)
    if matrix.ndim != 2:
        return reading.unread(node, always_blamed=True)
    layout = reading.layout(images)
    kernel = _kernel(matrix.T if transposed else matrix, layout)
    if kernel is None or not reading.has_images_first(node):
        return reading.unread(node)
    shape = example_shape(node.meta["val"])
    new = Layout.plain(shape, len(shape) - 1)
    mixing = Mixing(kernel, None if bias is None else reading.constant(bias).expand(kernel.shape[0]))
    return Step("mixing", (images.name,), new, mixing=mixing)


def _kernel(matrix: Tensor, layout: Layout | None) -> Tensor | None:
    """(outputs, features) as a convolution kernel; after a flattening, the kernel covers the entire map."""
    if layout is None or layout.is_along(layout.labels.ndim - 1):
        return matrix[:, :, None, None]
    if layout.labels.ndim != 2:
        return None
    return layout.maps(matrix)


def arguments(node: Node, names: Sequence[str]) -> dict[str, Any]:
    """A node's arguments by name."""
    return {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def pair(value: Any) -> tuple[int, int]:
    """Height and width from a number, or from a list of one or two numbers."""
    both = list(value) if isinstance(value, Sequence) else [value]
    return both[0], both[-1]
