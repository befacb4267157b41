"""The calls of a forward pass: one for each operator of a program, and one for each visit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.fx.node import map_aggregate


@dataclass(frozen=True)
class Ref:
    """An argument that is another instruction's value."""

    name: str


@dataclass(frozen=True)
class Call:
    """What is called in a forward pass.

    Attributes:
        name: of the value that it computes; None for a visit.
        function: what is called; a visit's with the values that it reads.
        args, kwargs: its arguments, values as ``Ref``.
        reads: names of the values among them.
        freed: names of the values that nothing reads after it.
    """

    name: str | None
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    reads: frozenset[str]
    freed: tuple[str, ...] = ()

    def compute(self, values: dict[str, Any], device: torch.device) -> None:
        """Call it and store its value, if it computes one."""
        if self.name is None:
            self.function({name: values[name] for name in self.reads})
            return
        args, kwargs = map_aggregate(
            (self.args, self.kwargs), lambda one: values[one.name] if isinstance(one, Ref) else one
        )
        if "device" in kwargs:
            kwargs = {**kwargs, "device": device}
        values[self.name] = self.function(*args, **kwargs)
