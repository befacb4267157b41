"""A module captured by ``torch.export``: its operators in order, for any number of images.

The program is functional: no operator changes its input, so each value has one name and can be stored.
"""

from __future__ import annotations

import contextlib
import logging
import operator
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node

from summit_graph.errors import ModelError, first_line

#: The number of images is a dynamic dimension with this maximum; the example input has two images.
MOST_IMAGES = 4096
COLORS = 3
_RESHAPE = torch.ops.aten.reshape.default
#: These require a memory layout that depends on their input's; a reshape has the same result for any layout.
_VIEWS = (torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default)


@dataclass(frozen=True)
class Captured:
    """A model's program.

    Attributes:
        graph: the operators; each value has the name of its node.
        tensors: parameters, buffers and constants by the name of their placeholder.
        names: state dict names of the tensors that are used, by the name of their placeholder.
        input: name of the placeholder of the images, (images, 3, height, width).
        output: name of the node of the logits, (images, outputs).
        size: height and width of the input.
        outputs: number of logits.
        order: the nodes that compute values, in program order.
        state: the state dict by its names.
    """

    graph: Graph
    tensors: dict[str, Tensor]
    names: dict[str, str]
    input: str
    output: str
    size: tuple[int, int]
    outputs: int
    order: tuple[Node, ...]
    state: dict[str, Tensor]


def capture(module: nn.Module, size: tuple[int, int]) -> Captured:
    """Capture the program of a module in eval mode, for images of the given height and width.

    Raises:
        ModelError: ``torch.export`` cannot capture it, or its input or output is not that of a classifier.
    """
    dtype = next((one.dtype for one in module.parameters() if one.is_floating_point()), torch.float32)
    example = torch.zeros(2, COLORS, *size, dtype=dtype)
    images = {0: Dim("images", min=1, max=MOST_IMAGES)}
    with _quiet():
        try:
            with torch.no_grad():
                module.eval()(example)
                program = torch.export.export(module, (example,), dynamic_shapes=(images,), strict=False)
                return captured_program(program)
        except ModelError:
            raise
        except Exception as error:  # the module's code can raise anything
            shape = f"{size[0]}x{size[1]}"
            raise ModelError(
                f"torch.export cannot capture this model for RGB images of {shape}: {first_line(error)}"
            ) from None


def read_pt2(file: Path) -> Captured:
    """Read the program in a file written by ``torch.export.save``.

    Raises:
        ModelError: the file does not exist, or is not the program of a classifier.
    """
    if not file.is_file():
        raise ModelError(f"model file {file} does not exist")
    with _quiet():
        try:
            return captured_program(torch.export.load(file))
        except ModelError as error:
            raise ModelError(f"{file}: {error}") from None
        except Exception as error:  # a damaged file can raise anything
            raise ModelError(
                f"{file} is not a program saved by torch.export.save: {first_line(error)}"
            ) from None


def captured_program(program: ExportedProgram) -> Captured:
    """Make a program of ``torch.export`` functional and check that it is a classifier."""
    state = {name: one.detach() for name, one in program.state_dict.items()}
    other = next((one.dtype for one in state.values() if _is_other_float(one)), None)
    if other is not None:
        raise ModelError(f"the model's parameters are {other}, not float32: call model.float() first")
    program = program.run_decompositions({})
    signature = program.graph_signature
    if signature.buffers_to_mutate:
        raise ModelError("the model is in training mode (it changes its buffers): call model.eval() first")
    for node in program.graph.nodes:
        if node.target in _VIEWS:
            node.target = _RESHAPE
    order = tuple(node for node in program.graph.nodes if node.op == "call_function")
    images = _image_input(program)
    logits = _logits(program, images)
    return Captured(
        graph=program.graph,
        tensors=_tensors(program),
        names=_used_names(program),
        input=images.name,
        output=logits.name,
        size=_ints(images.meta["val"].shape[2:]),
        outputs=int(logits.meta["val"].shape[1]),
        order=order,
        state=state,
    )


def _is_other_float(tensor: Tensor) -> bool:
    return tensor.dtype in (torch.float16, torch.bfloat16)


def is_getitem(node: Node) -> bool:
    """Whether the node selects one of several results of another node."""
    return node.target is operator.getitem


def modules_of(node: Node) -> list[tuple[str, str, str]]:
    """The module calls that contain a node, outermost first: (key of the call, module path, type name)."""
    stack = node.meta.get("nn_module_stack") or {}
    found = [(key, *_path_and_type(value)) for key, value in stack.items()]
    return [one for one in found if not one[0].startswith("_empty")]


def _path_and_type(value: tuple[str, Any]) -> tuple[str, str]:
    path, kind = value
    return path, kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"


def _tensors(program: ExportedProgram) -> dict[str, Tensor]:
    found = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind != InputKind.USER_INPUT and spec.target is not None:
            held = program.constants if spec.target in program.constants else program.state_dict
            found[spec.arg.name] = _in_order(held[spec.target].detach())
    return found


def _in_order(tensor: Tensor) -> Tensor:
    """Kernels in channels-last order, in which they run: a process that maps them needs no copy."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def _used_names(program: ExportedProgram) -> dict[str, str]:
    used = {node.name for node in program.graph.nodes if node.op == "placeholder" and node.users}
    specs = program.graph_signature.input_specs
    return {one.arg.name: one.target for one in specs if one.target is not None and one.arg.name in used}


def _image_input(program: ExportedProgram) -> Node:
    names = program.graph_signature.user_inputs
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    shape = shape_of(nodes[str(names[0])]) if len(names) == 1 else ()
    if len(shape) != 4 or shape[1] != COLORS:
        raise ModelError(
            f"the model's input is {_described(shape)}, not one tensor of (images, 3, height, width)"
        )
    if not isinstance(shape[0], torch.SymInt):
        raise ModelError(
            f"the model was exported for exactly {shape[0]} images: export it with "
            'dynamic_shapes=({0: torch.export.Dim("images")},)'
        )
    if any(isinstance(side, torch.SymInt) for side in shape[2:]):
        raise ModelError("the model was exported for images of any size: export it for one size")
    return nodes[str(names[0])]


def _logits(program: ExportedProgram, images: Node) -> Node:
    (output,) = (node for node in program.graph.nodes if node.op == "output")
    results = output.args[0]
    only = results[0] if isinstance(results, tuple | list) and len(results) == 1 else None
    shape = shape_of(only)
    if not isinstance(only, Node) or len(shape) != 2 or not same_size(shape[0], images.meta["val"].shape[0]):
        found = _described(shape) if only is not None else f"{len(results)} tensors"
        raise ModelError(f"the model's output is {found}, not one tensor of (images, outputs)")
    return only


def shape_of(node: Any) -> tuple[Any, ...]:
    """The shape of a node's tensor, with a symbol for the number of images; () if it is not a tensor."""
    value = node.meta.get("val") if isinstance(node, Node) else None
    return tuple(getattr(value, "shape", ()))


def same_size(one: Any, other: Any) -> bool:
    """Whether two dimensions are equal; they may be symbols for the number of images."""
    if isinstance(one, torch.SymInt) != isinstance(other, torch.SymInt):
        return False
    return str(one) == str(other)


def _described(shape: tuple[Any, ...]) -> str:
    return f"a tensor of ({', '.join(map(str, shape))})" if len(shape) else "something else"


def _ints(sides: Any) -> tuple[int, int]:
    height, width = (int(side) for side in sides)
    return height, width


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress torch's warnings and logged tracebacks; errors are reported as one line by the caller."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
