"""Sums, products and quotients: of a value with a constant, a gate, a function of itself, or another value.

1. With a constant: linear per channel, if the constant has one number for each channel.
2. Two functions of the elements of one tensor (``x * sigmoid(x)``): a decomposed activation function.
3. A product with one number per channel computed from the image: a gate, linear per channel; with one number
   per position: a relay.
4. A value with its own statistics (``x / sqrt(mean(x²))``, ``x - mean(x)`` over channels): a normalization.
5. The sum or difference of two values: an add. Any other product is refused.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

from summit_graph.model.program.layouts import Layout, constant_maps, example_shape, per_channel
from summit_graph.model.program.mixing import arguments
from summit_graph.model.program.steps import Affine, Gate, Reading, Step, operator_name

#: A statistic is never computed by an operator whose name contains one of these: they mix channels, or
#: positions by content.
_MIXING = ("conv", "linear", "mm", "matmul", "einsum", "attention", "softmax")
#: A statistic is computed by at least one operator whose name contains one of these.
_AVERAGES = ("mean", "sum", "var", "std", "norm", "pool", "max", "min")


def read_arithmetic(reading: Reading, node: Node) -> Step:
    """``add``, ``sub``, ``rsub``, ``mul``, ``div``."""
    given = arguments(node, ["left", "right", "alpha"])
    left, right = given["left"], given["right"] if "right" in given else given["other"]
    if given.get("rounding_mode") is not None:
        return reading.unread(node, always_blamed=True)
    if reading.is_from_image(left) and reading.is_from_image(right):
        return _of_two(reading, node, left, right, float(given.get("alpha", 1)))
    return _with_constant(reading, node, left, right, float(given.get("alpha", 1)))


def _with_constant(reading: Reading, node: Node, left: Any, right: Any, alpha: float) -> Step:
    image = left if reading.is_from_image(left) else right
    constant = reading.constant(right if image is left else left).double()
    layout = reading.layout(image)
    if layout is None or tuple(layout.labels.shape) != example_shape(node.meta["val"]):
        return reading.unread(node)
    affine = _affine(operator_name(node), constant, alpha, layout, image_is_left=image is left)
    if affine is None:
        return Step("relay", (image.name,), layout, elementwise=constant.numel() == 1)
    return Step("linear", (image.name,), layout, affine=affine, elementwise=constant.numel() == 1)


def _affine(
    name: str, constant: Tensor, alpha: float, layout: Layout, *, image_is_left: bool
) -> Affine | None:
    """Factor and shift per channel, or None if the operator cannot be expressed by them."""
    if name == "mul" or (name == "div" and image_is_left):
        scale = per_channel(constant, layout)
        return None if scale is None else Affine(1 / scale if name == "div" else scale)
    if name == "div":
        return None
    image_sign, constant_sign = _signs(name, alpha)
    if not image_is_left:
        image_sign, constant_sign = constant_sign, image_sign
    scale = None if image_sign == 1 else torch.full((layout.channels,), image_sign, dtype=torch.float64)
    return Affine(scale, constant_sign * constant_maps(constant, layout))


def _signs(name: str, alpha: float) -> tuple[float, float]:
    """The factors of the left and the right operand."""
    return {"add": (1.0, alpha), "sub": (1.0, -alpha), "rsub": (-alpha, 1.0)}[name]


def _of_two(reading: Reading, node: Node, left: Node, right: Node, alpha: float) -> Step:
    name = operator_name(node)
    if name in ("mul", "div"):
        return (
            read_written_out(reading, node)
            or _gated(reading, node, left, right, inverse=name == "div")
            or (_gated(reading, node, right, left, inverse=False) if name == "mul" else None)
            or _normalized(reading, node, left, right)
            or (_normalized(reading, node, right, left) if name == "mul" else None)
            or reading.unread(node, always_blamed=_are_read(reading, left, right))
        )
    return (
        _normalized(reading, node, left, right)
        or _added(reading, node, left, right, _signs(name, alpha))
        or reading.unread(node, always_blamed=_are_read(reading, left, right))
    )


def read_written_out(reading: Reading, node: Node) -> Step | None:
    """A decomposed activation function: a combination of several functions of the elements of one tensor."""
    operands = list(dict.fromkeys(reading.operands(node)))
    common = set.intersection(*(_elementwise_roots(reading, name) for name in operands))
    root = next((name for name in reversed(list(reading.steps)) if name in common), None)
    if root is None:
        return None
    step = reading.steps[root]
    layout = step.layout if isinstance(step, Step) else None
    if layout is None or tuple(layout.labels.shape) != example_shape(node.meta["val"]):
        return None
    return Step("relay", (root,), layout, elementwise=True)


def _elementwise_roots(reading: Reading, name: str) -> set[str]:
    """The values of which a value is an element-wise function, including itself."""
    step = reading.steps[name]
    if not isinstance(step, Step) or not step.operands:
        return {name}
    if step.elementwise:
        return {name} | _elementwise_roots(reading, step.operands[0])
    if step.kind == "add":
        return {name} | set.intersection(*(_elementwise_roots(reading, one) for one in step.operands))
    return {name}


def _gated(reading: Reading, node: Node, image: Node, gate: Node, *, inverse: bool) -> Step | None:
    """A value multiplied by one number per channel, or per position, that is computed from the image."""
    layout = reading.layout(image)
    gate = _unexpanded(gate)
    value = gate.meta["val"]
    if layout is None or layout.dim is None or not isinstance(value, torch.Tensor):
        return None
    if tuple(layout.labels.shape) != example_shape(node.meta["val"]) or not reading.has_images_first(gate):
        return None
    sides = dict(enumerate(example_shape(value), start=layout.labels.ndim - value.ndim))
    others = [side for dim, side in sides.items() if dim not in (0, layout.dim)]
    if value.ndim != layout.labels.ndim or _comes_from(reading, image.name, gate.name):
        return None
    if layout.labels.numel() == layout.channels and not _comes_from(reading, gate.name, image.name):
        return None  # two vectors: the shape does not show which gates which
    if all(side == 1 for side in others):
        return Step("linear", (image.name,), layout, affine=Affine(gate=Gate(gate.name, inverse)))
    return Step("relay", (image.name,), layout) if sides[layout.dim] == 1 < layout.channels else None


def _unexpanded(gate: Node) -> Node:
    while operator_name(gate) in ("expand", "expand_as") and isinstance(gate.args[0], Node):
        gate = gate.args[0]
    return gate


def _comes_from(reading: Reading, name: str, other: str) -> bool:
    """Whether a value is computed from another one."""
    nodes = {node.name: node for node in reading.captured.order}
    seen, waiting = set(), [name]
    while waiting:
        at = waiting.pop()
        if at == other:
            return True
        if at in nodes and at not in seen:
            seen.add(at)
            waiting += [one.name for one in nodes[at].all_input_nodes]
    return False


def _normalized(reading: Reading, node: Node, image: Node, statistic: Node) -> Step | None:
    """A value combined with statistics of itself, or of a value that it is a relay of.

    The sum with a value that has the same channels is an add instead.
    """
    layout = reading.layout(image)
    if layout is None or tuple(layout.labels.shape) != example_shape(node.meta["val"]):
        return None
    if operator_name(node) not in ("mul", "div") and reading.layout(statistic) is not None:
        return None
    roots = [image.name, *_relayed(reading, image.name)]
    is_statistic = any(_is_statistic(reading, statistic, root) for root in roots)
    return Step("relay", (image.name,), layout) if is_statistic else None


def _relayed(reading: Reading, name: str) -> list[str]:
    """The values that a value is a relay of without moved channels."""
    found: list[str] = []
    step = reading.steps[name]
    while isinstance(step, Step) and step.kind in ("linear", "relay") and step.moved is None:
        found.append(step.operands[0])
        step = reading.steps[found[-1]]
    return found


def _is_statistic(reading: Reading, value: Node, root: str) -> bool:
    """Whether a value is computed only from ``root``, by averages and similar operators, without weights."""
    waiting, seen, averages = [value], set(), False
    while waiting:
        node = waiting.pop()
        if node.name == root or node.name in seen or node.name not in reading.steps:
            continue
        seen.add(node.name)
        name = operator_name(node)
        if node.op != "call_function" or any(word in name for word in _MIXING):
            return False
        averages = averages or any(word in name for word in _AVERAGES)
        waiting += node.all_input_nodes
    return averages


def _added(reading: Reading, node: Node, left: Node, right: Node, signs: tuple[float, float]) -> Step | None:
    layouts = [layout for layout in map(reading.layout, (left, right)) if layout is not None]
    if not layouts or not reading.has_images_first(node):
        return None
    shape = example_shape(node.meta["val"])
    layout = max(layouts, key=lambda one: one.labels.numel())
    if tuple(layout.labels.shape) != shape or not all(_agree(layout, one) for one in layouts):
        return None
    return Step("add", (left.name, right.name), layout, signs=signs)


def _agree(whole: Layout, part: Layout) -> bool:
    """Whether the channels are the same when a part is broadcast to the shape of the whole."""
    if whole.channels != part.channels or part.labels.ndim > whole.labels.ndim:
        return False
    return bool((part.labels == whole.labels).all())


def _are_read(reading: Reading, *arguments_: Node) -> bool:
    return all(reading.layout(one) is not None for one in arguments_)
