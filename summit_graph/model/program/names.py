"""Names of layers and stops: the paths of the modules that contain them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from summit_graph.model.program.capture import modules_of
from summit_graph.model.program.flow import Flow

_SEQUENTIAL = "torch.nn.modules.container.Sequential"


def layer_name(flow: Flow, last: str, mixing: str) -> str:
    """The path of the outermost module whose output is the layer, otherwise of its last mixing operator.

    The model itself and plain Sequentials are not used. A module's output is the layer if it is the last
    mixing operator, add or concatenation, or a relay of it.
    """
    relays = flow.followed_relays(last)
    for key, path, kind in modules_of(flow.nodes[last]):
        outputs = _outputs_of(flow, key)
        if path and kind != _SEQUENTIAL and outputs and outputs <= relays:
            return path
    return module_path(flow, mixing)


def module_path(flow: Flow, operator: str) -> str:
    """The path of the module that calls an operator; the operator's name if the model itself calls it."""
    modules = modules_of(flow.nodes[operator])
    return (modules[-1][1] if modules else "") or operator


def with_numbers(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The names, with ``:2``, ``:3``, … appended to those already in use."""
    used = set(taken)
    found = []
    for name in names:
        free = name
        number = 1
        while free in used:
            number += 1
            free = f"{name}:{number}"
        used.add(free)
        found.append(free)
    return found


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name matches one of the patterns: ``*`` within a part of the path, ``**`` across parts."""
    return any(re.fullmatch(_expression(pattern), name) for pattern in patterns)


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*)", pattern)
    return "".join({"**": ".*", "*": "[^.]*"}.get(part, re.escape(part)) for part in parts)


def _outputs_of(flow: Flow, call: str) -> set[str]:
    """The values of a module call that are read outside of it."""
    inside = flow.calls[call]
    return {name for name in inside if any(reader not in inside for reader in flow.readers[name])}
