"""What each operator of a program does to channels, as data. Sums and layers are found from these steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor
from torch.fx import Node
from torch.fx.node import map_arg

from summit_graph.model.program.capture import Captured, modules_of, same_size, shape_of
from summit_graph.model.program.layouts import Layout, Moved, example_shape

Kind = Literal["image", "mixing", "add", "linear", "relay", "concatenation", "unread"]


@dataclass(frozen=True, eq=False)
class Mixing:
    """A convolution of maps (images, channels, height, width); a linear operator is a 1x1 convolution.

    Attributes:
        weight: (outputs, inputs of a group, kernel height, kernel width).
        bias: (outputs) or None.
        padding: zeros on the left, right, top and bottom.
    """

    weight: Tensor
    bias: Tensor | None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def outputs(self) -> int:
        """Number of output channels."""
        return self.weight.shape[0]


@dataclass(frozen=True)
class Gate:
    """A factor computed from the image: the value of that name, or its inverse."""

    value: str
    inverse: bool = False

    def factors(self, values: Mapping[str, Tensor]) -> Tensor:
        """(images, channels), or (images, 1) if all channels share the factor."""
        value = values[self.value]
        flat = value.reshape(value.shape[0], -1)
        return 1 / flat if self.inverse else flat


@dataclass(frozen=True, eq=False)
class Affine:
    """What a linear per-channel operator does: a factor and a shift for each channel.

    Attributes:
        scale: (channels), or None for 1.
        shift: (channels, height, width) or (channels, 1, 1), added after scaling; None for 0.
        gate: a further factor, before the shift.
    """

    scale: Tensor | None = None
    shift: Tensor | None = None
    gate: Gate | None = None


@dataclass(frozen=True)
class Refusal:
    """An unsupported operator, with the path of the module that calls it."""

    operator: str
    module: str
    rearranges: bool = False  # a supported operator on a tensor whose channels cannot be followed

    def __str__(self) -> str:
        return f"{self.operator} ({f'in module {self.module}' if self.module else 'in the model itself'})"


@dataclass(frozen=True, eq=False)
class Step:
    """What an operator does to channels.

    Attributes:
        kind: ``mixing`` is a convolution or linear operator; ``relay`` does not mix channels, such as pooling
            or an activation function; ``linear`` is a relay that is linear per channel; ``concatenation``
            joins channels of several tensors; the channels of ``unread`` cannot be followed.
        operands: the values that it relays, adds or mixes; the value of a gate is not included.
        layout: of its result; None if channels cannot be followed.
        moved: where each channel comes from; None if channels have the same numbers as in the operand.
        elementwise: each element of the result depends on one element only, as in an activation function.
        signs: for an add, each operand's factor.
        refusal: the operator that makes a value unread; None if one of its operands is already unread.
    """

    kind: Kind
    operands: tuple[str, ...]
    layout: Layout | None
    moved: Moved | None = None
    elementwise: bool = False
    mixing: Mixing | None = None
    affine: Affine = field(default_factory=Affine)
    signs: tuple[float, ...] = ()
    refusal: Refusal | None = None


#: A step, or the steps of an operator with several results, by index; None for a result that is never read.
Steps = Step | tuple[Step | None, ...]


class Reading:
    """What is known about a program's values up to the current operator.

    Attributes:
        steps: of the values that come from the image.
        known: all other values, such as tensors and sizes, computed for one image.
    """

    def __init__(self, captured: Captured) -> None:
        self.captured = captured
        self.known: dict[str, Any] = dict(captured.tensors)
        image = next(node for node in captured.graph.nodes if node.name == captured.input)
        self.images = image.meta["val"].shape[0]
        layout = Layout.plain(example_shape(image.meta["val"]), 1)
        self.steps: dict[str, Steps] = {captured.input: Step("image", (), layout)}

    def operands(self, node: Node) -> list[str]:
        """Those arguments of a node that come from the image, in order, with repetitions."""
        found: list[str] = []
        map_arg((node.args, node.kwargs), lambda one: found.append(one.name))
        return [name for name in found if name in self.steps]

    def is_from_image(self, argument: Any) -> bool:
        """Whether an argument is a value that comes from the image."""
        return isinstance(argument, Node) and argument.name in self.steps

    def step(self, argument: Any) -> Step:
        """The step of an argument."""
        found = self.steps[argument.name]
        assert isinstance(found, Step)
        return found

    def layout(self, argument: Any) -> Layout | None:
        """The layout of an argument; None also if it does not come from the image or has several parts."""
        found = self.steps.get(argument.name) if isinstance(argument, Node) else None
        return found.layout if isinstance(found, Step) else None

    def value(self, argument: Any) -> Any:
        """The value of an argument that does not come from the image; it may be nested."""
        return map_arg(argument, lambda one: self.known[one.name])

    def constant(self, argument: Any) -> Tensor:
        """A number or tensor argument as a tensor."""
        value = self.value(argument)
        return value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)

    def unread(self, node: Node, *, always_blamed: bool = False) -> Step:
        """The step of a value whose channels cannot be followed, with the operator that causes it."""
        operands = tuple(self.operands(node))
        is_first = all(self._is_read(name) for name in operands)
        blamed = always_blamed or is_first
        refusal = Refusal(operator_name(node), _module_of(node), not always_blamed) if blamed else None
        return Step("unread", operands, None, refusal=refusal)

    def has_images_first(self, node: Node) -> bool:
        """Whether a value's first dimension is the number of images."""
        shape = shape_of(node)
        return len(shape) > 0 and same_size(shape[0], self.images)

    def _is_read(self, name: str) -> bool:
        step = self.steps[name]
        return not isinstance(step, Step) or step.layout is not None


def operator_name(node: Node) -> str:
    """``conv2d`` for ``torch.ops.aten.conv2d.default``."""
    schema = getattr(node.target, "_schema", None)
    return schema.name.split("::")[-1] if schema else getattr(node.target, "__name__", str(node.target))


def _module_of(node: Node) -> str:
    modules = modules_of(node)
    return modules[-1][1] if modules else ""
