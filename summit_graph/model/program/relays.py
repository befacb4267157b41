"""Operators that do not mix channels: pooling, normalization, reshaping, slicing, concatenation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

from summit_graph.model.program.layouts import (
    Layout,
    Moved,
    concatenated,
    cut,
    example_shape,
    padded,
    reshaped,
)
from summit_graph.model.program.mixing import arguments
from summit_graph.model.program.steps import Affine, Kind, Reading, Step, Steps


def read_same(reading: Reading, node: Node) -> Step:
    """Operators that return their input, such as copies."""
    layout = reading.layout(node.args[0])
    return Step("linear", (_name(node.args[0]),), layout) if layout else reading.unread(node)


def read_dropout(reading: Reading, node: Node) -> Step:
    """Dropout, which returns its input unless the program was captured in training mode."""
    if arguments(node, ["input", "p", "train"])["train"]:
        return reading.unread(node, always_blamed=True)
    return read_same(reading, node)


def read_negation(reading: Reading, node: Node) -> Step:
    """The factor -1."""
    layout = reading.layout(node.args[0])
    if layout is None:
        return reading.unread(node)
    affine = Affine(-torch.ones(layout.channels, dtype=torch.float64))
    return Step("linear", (_name(node.args[0]),), layout, affine=affine, elementwise=True)


def read_elementwise(reading: Reading, node: Node) -> Step:
    """A function of each element of one tensor."""
    operands = reading.operands(node)
    layout = reading.layout(next(one for one in node.all_input_nodes if one.name == operands[0]))
    if layout is None or tuple(layout.labels.shape) != example_shape(node.meta["val"]):
        return reading.unread(node)
    return Step("relay", (operands[0],), layout, elementwise=True)


def read_normalization(reading: Reading, node: Node) -> Steps:
    """Layer, group and instance normalization, whose statistics come from the image."""
    layout = reading.layout(node.args[0])
    step = Step("relay", (_name(node.args[0]),), layout) if layout else reading.unread(node)
    return (step, None, None) if _has_parts(node) else step


def read_softmax(reading: Reading, node: Node) -> Step:
    """A softmax over the channels, such as the logits', is a normalization; any other is attention."""
    layout = reading.layout(node.args[0])
    if layout is None or not layout.is_along(reading.value(node.args[1])):
        return reading.unread(node, always_blamed=True)
    return Step("relay", (_name(node.args[0]),), layout)


def read_batch_norm(reading: Reading, node: Node) -> Steps:
    """Batch normalization in eval mode: a factor and a shift per channel."""
    names = ["input", "weight", "bias", "mean", "variance", "momentum", "eps"]
    if "no_training" not in str(node.target):
        names.insert(5, "training")
    given = arguments(node, names)
    step = _batch_norm(reading, node, given)
    return (step, None, None) if _has_parts(node) else step


def _batch_norm(reading: Reading, node: Node, given: dict[str, Any]) -> Step:
    layout = reading.layout(given["input"])
    if given.get("training") or given["mean"] is None:
        return reading.unread(node, always_blamed=True)
    if layout is None or not layout.is_along(1):
        return Step("relay", (_name(given["input"]),), layout) if layout else reading.unread(node)
    mean, variance = (reading.constant(given[name]) for name in ("mean", "variance"))
    scale = (variance.double() + given["eps"]).rsqrt()
    if given["weight"] is not None:
        scale = scale * reading.constant(given["weight"]).double()
    shift = -mean.double() * scale
    if given["bias"] is not None:
        shift = shift + reading.constant(given["bias"]).double()
    return Step("linear", (_name(given["input"]),), layout, affine=Affine(scale, shift[:, None, None]))


def read_pool(reading: Reading, node: Node) -> Steps:
    """Pooling and interpolation of maps."""
    layout = reading.layout(node.args[0])
    value = node.meta["val"]
    shape = example_shape(value[0] if _has_parts(node) else value)
    if layout is None or not layout.is_along(1):
        return reading.unread(node)
    step = Step("relay", (_name(node.args[0]),), Layout.plain(shape, 1))
    return (step, None) if _has_parts(node) else step


def read_reduction(reading: Reading, node: Node) -> Step:
    """A mean, sum, maximum … over dimensions; over channels it is a statistic, which has no channels."""
    layout = reading.layout(node.args[0])
    given = {argument.name: argument.default_value for argument in _schema(node)}
    given.update(zip(given, node.args, strict=False))
    given.update(node.kwargs)
    dims = given.get("dim", given.get("dims"))
    if layout is None or dims is None:
        return reading.unread(node)
    dims = [dims] if isinstance(dims, int) else list(dims)
    keep = bool(given.get("keepdim"))
    low, high = torch.amin(layout.labels, dims, keep), torch.amax(layout.labels, dims, keep)
    if not torch.equal(low, high) or not _fits(reading, node, low):
        return reading.unread(node)
    return Step("relay", (_name(node.args[0]),), layout.with_labels(low))


def read_reshape(reading: Reading, node: Node) -> Step:
    """Another shape or order of dimensions; channels whose order changes are moved."""
    layout = reading.layout(node.args[0])
    labels = _relabelled(reading, node, layout)
    if layout is None or labels is None:
        return reading.unread(node)
    moved = reshaped(labels, layout)
    if moved.keeps_numbers:
        return Step("linear", (_name(node.args[0]),), moved.layout)
    return Step("relay", (_name(node.args[0]),), moved.layout, moved)


def read_cut(reading: Reading, node: Node) -> Step:
    """A selection of positions or of channels."""
    layout = reading.layout(node.args[0])
    labels = _relabelled(reading, node, layout)
    moved = None if layout is None or labels is None else cut(labels, layout)
    return _relay_of(reading, node.args[0], moved) if moved else reading.unread(node)


def read_split(reading: Reading, node: Node) -> Steps:
    """Several pieces of one tensor."""
    layout = reading.layout(node.args[0])
    if layout is None:
        return reading.unread(node)
    pieces = _applied(reading, node, layout.labels)
    moved = [cut(piece, layout) if piece.shape[0] == 1 and piece.ndim > 1 else None for piece in pieces]
    unread = reading.unread(node)
    return tuple(_relay_of(reading, node.args[0], one) if one else unread for one in moved)


def read_padding(reading: Reading, node: Node) -> Step:
    """Padding of positions, or by empty channels."""
    given = arguments(node, ["input", "pad", "mode"])
    layout = reading.layout(given["input"])
    shape = example_shape(node.meta["val"])
    sides = reading.value(given.get("pad", given.get("padding")))
    if layout is None or layout.dim is None or not reading.has_images_first(node):
        return reading.unread(node)
    at = 2 * (len(shape) - 1 - layout.dim)
    around = tuple(sides[at : at + 2])
    if not any(around):
        return Step("relay", (_name(given["input"]),), Layout.plain(shape, layout.dim))
    if given.get("mode", "constant") not in ("constant", None) and isinstance(given["mode"], str):
        return reading.unread(node, always_blamed=True)
    return _relay_of(reading, given["input"], padded(layout, shape, around[0]))


def read_expansion(reading: Reading, node: Node) -> Step:
    """A value repeated along dimensions of size 1."""
    layout = reading.layout(node.args[0])
    labels = _relabelled(reading, node, layout)
    if layout is None or labels is None or layout.dim is None or labels.ndim != layout.labels.ndim:
        return reading.unread(node)
    if labels.shape[layout.dim] != layout.channels:
        return reading.unread(node)
    return Step("relay", (_name(node.args[0]),), Layout.plain(labels.shape, layout.dim))


def read_concatenation(reading: Reading, node: Node) -> Step:
    """Concatenated channels of several tensors; the channels of a constant are empty."""
    given = arguments(node, ["tensors", "dim"])
    tensors, dim = given["tensors"], given.get("dim", 0)
    from_image = [one for one in tensors if reading.is_from_image(one)]
    if len(tensors) == 1:
        layout = reading.layout(tensors[0])
        return Step("linear", (_name(tensors[0]),), layout) if layout else reading.unread(node)
    if any(reading.layout(one) is None for one in from_image) or not reading.has_images_first(node):
        return reading.unread(node)
    dim = dim % len(example_shape(node.meta["val"]))
    if len(from_image) == 1 and reading.step(from_image[0]).layout.dim not in (dim, None):  # type: ignore[union-attr]  # not None: see above
        return _lengthened(reading, node, from_image[0])
    operands = [_operand(reading, one, dim) for one in tensors]
    moved = concatenated(operands, [example_shape(one.meta["val"]) for one in tensors], dim)
    if moved is None:
        return reading.unread(node)
    return _joining(from_image, tensors, moved)


def _joining(from_image: Sequence[Any], tensors: Sequence[Any], moved: Moved) -> Step:
    """A step whose operands are only those from the image, renumbered."""
    numbers = torch.tensor([from_image.index(one) if one in from_image else -1 for one in tensors])
    places = torch.where(moved.operands < 0, moved.operands, numbers[moved.operands])
    kind: Kind = "concatenation" if len(from_image) > 1 else "relay"
    names = tuple(one.name for one in from_image)
    return Step(kind, names, moved.layout, Moved(moved.layout, places, moved.numbers))


def _lengthened(reading: Reading, node: Node, image: Any) -> Step:
    """Positions of a constant before or after the value: a kind of padding."""
    layout = reading.layout(image)
    assert layout is not None
    assert layout.dim is not None
    return Step("relay", (image.name,), Layout.plain(example_shape(node.meta["val"]), layout.dim))


def _operand(reading: Reading, argument: Any, dim: int) -> Layout | int:
    layout = reading.layout(argument)
    return layout if layout is not None else example_shape(argument.meta["val"])[dim]


def _relay_of(reading: Reading, argument: Any, moved: Moved) -> Step:
    before = reading.layout(argument)
    is_same = moved.keeps_numbers and before is not None and before.channels == moved.layout.channels
    return Step("relay", (_name(argument),), moved.layout, None if is_same else moved)


def _relabelled(reading: Reading, node: Node, layout: Layout | None) -> Tensor | None:
    """The operator applied to its operand's labels; None if the images are no longer the first dimension."""
    if layout is None or not reading.has_images_first(node):
        return None
    labels = _applied(reading, node, layout.labels)
    return labels if _fits(reading, node, labels) else None


def _applied(reading: Reading, node: Node, labels: Tensor) -> Any:
    function: Callable[..., Any] = node.target  # type: ignore[assignment]  # a text for other kinds of nodes
    return function(labels, *reading.value(node.args[1:]), **reading.value(node.kwargs))


def _fits(reading: Reading, node: Node, labels: Tensor) -> bool:
    return reading.has_images_first(node) and tuple(labels.shape) == example_shape(node.meta["val"])


def _has_parts(node: Node) -> bool:
    return isinstance(node.meta["val"], tuple | list)


def _schema(node: Node) -> Sequence[Any]:
    return node.target._schema.arguments  # type: ignore[union-attr]  # as in _applied


def _name(argument: Any) -> str:
    return argument.name
