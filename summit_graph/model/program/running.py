"""The forward pass of a captured program: only as deep as needed, each value freed after its last reader.

A ``Recipe`` is the program without torch's graph: plain instructions that can be pickled and sent to another
process, where nothing has to be captured again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import Node
from torch.fx.node import map_aggregate

from summit_graph.errors import ModelError
from summit_graph.model.program.calls import Call, Ref
from summit_graph.model.program.capture import Captured
from summit_graph.model.program.faster_calls import RELU, with_faster_functions, with_joined_norms

#: Values by their name in the program.
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Instruction:
    """One operator of a program.

    Attributes:
        name: of its value.
        target: what computes it; an operator of torch by its path below ``torch.ops``.
        args, kwargs: its arguments, values as ``Ref``.
        reads: names of the values among them.
    """

    name: str
    target: str | Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    reads: tuple[str, ...]

    def operator(self) -> Callable[..., Any]:
        """What computes the value."""
        if callable(self.target):
            return self.target
        found = reduce(getattr, self.target.split("."), torch.ops)
        assert callable(found)
        return found

    def is_number_of(self, name: str) -> bool:
        """Whether it is the number of images of a value."""
        return self.target == "aten.sym_size.int" and self.args == (Ref(name), 0)

    def reading(self, name: str) -> Instruction:
        """The number of images, of another value."""
        return replace(self, args=(Ref(name), 0), reads=(name,))


@dataclass(frozen=True)
class Recipe:
    """A program as it runs.

    Attributes:
        instructions: in order.
        tensors: parameters, buffers and constants by name.
        input: name of the images, (images, 3, height, width).
    """

    instructions: tuple[Instruction, ...]
    tensors: Mapping[str, Tensor]
    input: str

    @property
    def digest(self) -> str:
        """A hash of the instructions, without the tensors."""
        targets = [getattr(one.target, "__name__", one.target) for one in self.instructions]
        text = "\n".join(
            f"{one.name} {target} {one.args} {one.kwargs}"
            for one, target in zip(self.instructions, targets, strict=True)
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def only(self, wanted: Collection[str]) -> Recipe:
        """What is needed to compute the values of these names."""
        needed = set(wanted)
        for one in reversed(self.instructions):
            if one.name in needed:
                needed.update(one.reads)
        return replace(
            self,
            instructions=tuple(one for one in self.instructions if one.name in needed),
            tensors={name: tensor for name, tensor in self.tensors.items() if name in needed},
        )

    def after(self, name: str, wanted: str) -> Recipe:
        """What is needed to compute a value from an earlier one, which becomes the input.

        Raises:
            ModelError: it cannot be computed from the earlier value alone.
        """
        place = [one.name for one in self.instructions].index(name)
        sizes = [one.reading(name) for one in self.instructions[:place] if one.is_number_of(self.input)]
        later = (*sizes, *self.instructions[place + 1 :])
        found = replace(self, instructions=later, input=name).only([wanted])
        known = {name, *self.tensors, *(one.name for one in later)}
        if not all(read in known for one in found.instructions for read in one.reads):
            raise ModelError(f"values from before {name} are read after it")
        return found


@dataclass(frozen=True)
class Visit:
    """A function that is called in a forward pass as soon as the values that it reads are computed."""

    reads: frozenset[str]
    function: Callable[[Values], None]


def recipe_of(captured: Captured) -> Recipe:
    """The whole program as plain instructions."""
    instructions = []
    for node in captured.order:
        args, kwargs = map_aggregate((node.args, node.kwargs), _as_ref)
        target = str(node.target) if isinstance(node.target, OpOverload) else node.target
        reads = tuple(dict.fromkeys(one.name for one in node.all_input_nodes))
        instructions.append(Instruction(node.name, target, args, kwargs, reads))
    return Recipe(tuple(instructions), captured.tensors, captured.input)


def _as_ref(argument: Any) -> Any:
    return Ref(argument.name) if isinstance(argument, Node) else argument


class ForwardPass:
    """Runs a recipe on one device, as far as the visits and the wanted values need it.

    Args:
        wanted: names of the values that a call returns.
        visits: functions that are called with intermediate values.
        device: where it runs; the program's tensors are copied there once.
        relu: a function in place of each ReLU.
        edits: functions of values by name; their results, in memory of their own, replace the values.
    """

    def __init__(
        self,
        recipe: Recipe,
        wanted: Collection[str] = (),
        *,
        visits: Sequence[Visit] = (),
        device: torch.device | str = "cpu",
        relu: Callable[[Tensor], Tensor] | None = None,
        edits: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType({}),
    ) -> None:
        needed = recipe.only({*wanted, *(name for visit in visits for name in visit.reads)})
        self.input = recipe.input
        self.wanted = frozenset(wanted)
        self.device = torch.device(device)
        self.tensors = {name: _on(one, self.device) for name, one in needed.tensors.items()}
        floats = (one.dtype for one in self.tensors.values() if one.is_floating_point())
        self.dtype = next(floats, None)
        calls = [_call_of(one) for one in needed.instructions]
        calls = [_edited(one, edits.get(one.name or "")) for one in calls]
        if relu is not None:
            calls = [replace(one, function=relu) if one.function is RELU else one for one in calls]
        kept = {*self.wanted, *self.tensors}
        calls = with_joined_norms(_with_visits(calls, visits, {recipe.input, *self.tensors}), kept)
        self.calls = with_faster_functions(_with_freed(calls, kept))

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """The wanted values for images (images, 3, height, width), normalized for the model."""
        given = images.to(self.device, self.dtype or images.dtype)
        values: dict[str, Any] = {**self.tensors, self.input: given}
        for call in self.calls:
            call.compute(values, self.device)
            for name in call.freed:
                values.pop(name, None)
        return {name: values[name] for name in self.wanted}


def _call_of(one: Instruction) -> Call:
    return Call(one.name, one.operator(), one.args, one.kwargs, frozenset(one.reads))


def _visiting(visit: Visit) -> Call:
    return Call(None, visit.function, (), {}, visit.reads)


def _edited(call: Call, edit: Callable[[Tensor], Tensor] | None) -> Call:
    """The call, and the edit of its value."""
    if edit is None:
        return call
    compute = call.function
    return replace(call, function=lambda *args, **kwargs: edit(compute(*args, **kwargs)))


def _with_visits(calls: Sequence[Call], visits: Sequence[Visit], given: Collection[str]) -> list[Call]:
    """The calls in order, each visit behind the last call that it reads."""
    waiting = [(set(visit.reads) - set(given), visit) for visit in visits]
    ordered = [_visiting(visit) for missing, visit in waiting if not missing]
    for call in calls:
        ordered.append(call)
        for missing, visit in waiting:
            if call.name in missing:
                missing.remove(call.name)
                if not missing:
                    ordered.append(_visiting(visit))
    return ordered


def _with_freed(calls: Sequence[Call], kept: Collection[str]) -> list[Call]:
    """The calls with the values that nothing after them reads."""
    seen = set(kept)
    found = []
    for call in reversed(calls):
        last = [name for name in (*call.reads, call.name) if name is not None and name not in seen]
        seen.update(last)
        found.append(replace(call, freed=tuple(last)))
    return found[::-1]


def _on(tensor: Tensor, device: torch.device) -> Tensor:
    """On a device, kernels in channels-last order, which is fastest for convolutions."""
    order = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
    return tensor.to(device).contiguous(memory_format=order)
