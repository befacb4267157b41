"""Sums: the terms whose sum is a channel's value before its activation function.

1. A sum starts at a mixing operator or at an add.
2. It continues through operators that are linear per channel, and into an add that is its only reader.
3. It ends where any other operator reads it, or several operators do. The value there is a stop.
4. An operand of an add that is not an open sum is an identity, taken before the linear operators that end
   to the add.

A channel's value at the end of its sum is exactly the sum of all terms and all shifts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from summit_graph.model.program.flow import Flow
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.steps import Gate, Mixing, Step


@dataclass(frozen=True, eq=False)
class Factors:
    """The product of the linear operators' factors between a term and the end of its sum.

    Attributes:
        constant: (channels), float64.
        gates: factors that depend on the image.
    """

    constant: Tensor
    gates: tuple[Gate, ...] = ()

    def of(self, values: Mapping[str, Tensor]) -> Tensor:
        """(images, channels) on the device of the gates, or (1, channels) on that of the constants."""
        product = self.constant[None]
        for gate in self.gates:
            factors = gate.factors(values)
            product = product.to(factors.device) * factors
        return product

    def then(self, step: Step) -> Factors:
        """These factors multiplied by those of an earlier operator in the sum."""
        affine = step.affine
        constant = self.constant if affine.scale is None else self.constant * affine.scale
        return Factors(constant, self.gates if affine.gate is None else (affine.gate, *self.gates))


@dataclass(frozen=True, eq=False)
class Term:
    """A mixing operator or an identity in a sum.

    Attributes:
        operator: its name in the program; for an identity the name of the add (or concatenation).
        order: breaks ties between terms: the operator's position, then the operand's.
        reads: name of the value that the term reads.
        layout: of that value; None if its channels cannot be followed.
        mixing: the operator; None for an identity, whose channels have the sum's numbers.
        factors: between the term and the end of the sum.
    """

    operator: str
    order: tuple[int, int]
    reads: str
    layout: Layout | None
    mixing: Mixing | None
    factors: Factors


@dataclass(frozen=True, eq=False)
class Shift:
    """A bias, or the shift of a batch normalization: (channels, height or 1, width or 1)."""

    constant: Tensor
    factors: Factors


@dataclass(frozen=True, eq=False)
class Sum:
    """A complete sum, up to its end.

    Attributes:
        value: name of the value at its end.
        layout: of that value.
        last: name of its last mixing operator or add (of the concatenation, for channels that it copies).
        terms: sorted by ``Term.order``.
    """

    value: str
    layout: Layout
    last: str
    terms: tuple[Term, ...]
    shifts: tuple[Shift, ...]

    @property
    def mixing(self) -> list[Term]:
        """The terms that are mixing operators."""
        return [term for term in self.terms if term.mixing is not None]

    @property
    def identities(self) -> list[Term]:
        """The terms that are identities."""
        return [term for term in self.terms if term.mixing is None]


def read_sums(flow: Flow) -> dict[str, Sum]:
    """All complete sums by the name of the value at their end, in program order."""
    opened = _open_values(flow)
    found = {}
    for name in flow.steps:
        if name in opened and _absorbing(flow, name) is None:
            found[name] = _sum_at(flow, opened, name)
    return found


def taken_over(flow: Flow, concatenation: str, operand: int) -> Sum:
    """The channels of a concatenation's operand as a sum of a single identity."""
    opened = _open_values(flow)
    name = flow.steps[concatenation].operands[operand]
    layout = flow.steps[name].layout
    assert layout is not None
    every = Factors(torch.ones(layout.channels, dtype=torch.float64))
    identity = _identity(flow, opened, concatenation, operand, every)
    return Sum(name, layout, concatenation, (identity,), tuple(_lost_shifts(flow, opened, name, every)))


def _open_values(flow: Flow) -> set[str]:
    """The values that are part of a sum, from its start to its end."""
    opened: set[str] = set()
    for name, step in flow.steps.items():
        goes_on = step.kind == "linear" and _absorbing(flow, step.operands[0]) is not None
        if step.kind in ("mixing", "add") or (goes_on and step.operands[0] in opened):
            opened.add(name)
    return opened


def _absorbing(flow: Flow, name: str) -> str | None:
    """The operator through which a sum continues after this value, or None if it ends here."""
    reader = flow.only_reader(name)
    if reader in flow.steps and flow.steps[reader].kind in ("linear", "add"):
        return reader
    return None


def _sum_at(flow: Flow, opened: set[str], name: str) -> Sum:
    step = flow.steps[name]
    assert step.layout is not None
    every = Factors(torch.ones(step.layout.channels, dtype=torch.float64))
    parts = list(_parts(flow, opened, name, every))
    terms = sorted((part for part in parts if isinstance(part, Term)), key=lambda term: term.order)
    shifts = tuple(part for part in parts if isinstance(part, Shift))
    return Sum(name, step.layout, _last_operator(flow, name), tuple(terms), shifts)


def _last_operator(flow: Flow, name: str) -> str:
    while flow.steps[name].kind == "linear":
        name = flow.steps[name].operands[0]
    return name


def _parts(flow: Flow, opened: set[str], name: str, factors: Factors) -> Iterator[Term | Shift]:
    """Terms and shifts of an open sum, given the factors between its value and the end of the sum."""
    step = flow.steps[name]
    if step.kind == "linear":
        yield from _shift(step.affine.shift, factors)
        yield from _parts(flow, opened, step.operands[0], factors.then(step))
    elif step.kind == "add":
        yield from _added(flow, opened, name, factors)
    else:
        assert step.mixing is not None
        (operand,) = step.operands
        layout = flow.steps[operand].layout
        yield Term(name, (flow.positions[name], 0), operand, layout, step.mixing, factors)
        bias = step.mixing.bias
        yield from _shift(None if bias is None else bias[:, None, None], factors)


def _added(flow: Flow, opened: set[str], name: str, factors: Factors) -> Iterator[Term | Shift]:
    step = flow.steps[name]
    for at, (operand, sign) in enumerate(zip(step.operands, step.signs, strict=True)):
        signed = Factors(factors.constant * sign, factors.gates)
        if operand in opened and _absorbing(flow, operand) == name:
            yield from _parts(flow, opened, operand, signed)
            continue
        yield _identity(flow, opened, name, at, signed)
        yield from _lost_shifts(flow, opened, operand, signed)


def _identity(flow: Flow, opened: set[str], operator: str, operand: int, factors: Factors) -> Term:
    """The identity for an operand of an add or concatenation, before the linear operators of its path."""
    name = flow.steps[operator].operands[operand]
    while flow.steps[name].kind == "linear" and name not in opened:
        factors = factors.then(flow.steps[name])
        name = flow.steps[name].operands[0]
    order = (flow.positions[operator], operand)
    return Term(operator, order, name, flow.steps[name].layout, None, factors)


def _lost_shifts(flow: Flow, opened: set[str], name: str, factors: Factors) -> Iterator[Shift]:
    """The shifts of the linear operators between an identity and its add."""
    while flow.steps[name].kind == "linear" and name not in opened:
        yield from _shift(flow.steps[name].affine.shift, factors)
        factors = factors.then(flow.steps[name])
        name = flow.steps[name].operands[0]


def _shift(constant: Tensor | None, factors: Factors) -> Iterator[Shift]:
    if constant is not None:
        yield Shift(constant, factors)
