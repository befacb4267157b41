"""How values flow from the image to the logits: which step reads which value, and what all paths contain.

The computation of a gate or a statistic is not part of the flow: it is neither a reader nor a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch.fx import Node

from summit_graph.model.program.capture import Captured, modules_of
from summit_graph.model.program.operators import read_steps
from summit_graph.model.program.steps import Step

#: Name of the reader of the logits.
OUTSIDE = "output"


@dataclass(frozen=True, eq=False)
class Flow:
    """The values on the paths from the image to the logits.

    Attributes:
        steps: by name, in program order; the image is the first.
        readers: for each value, the names of the steps that read it, repeated if a step reads it repeatedly.
        nodes: the program's nodes by name.
        positions: position of each operator in the program.
    """

    captured: Captured
    steps: dict[str, Step]
    readers: dict[str, list[str]]
    nodes: dict[str, Node]
    positions: dict[str, int]

    @cached_property
    def calls(self) -> dict[str, set[str]]:
        """The values computed in each module call, including its inner modules."""
        found: dict[str, set[str]] = {}
        for name in self.steps:
            for call, _, _ in modules_of(self.nodes[name]):
                found.setdefault(call, set()).add(name)
        return found

    def only_reader(self, name: str) -> str | None:
        """The step that reads a value, if there is only one and it reads the value once; otherwise None."""
        readers = self.readers[name]
        return readers[0] if len(readers) == 1 else None

    def followed_relays(self, name: str) -> set[str]:
        """A value and all values that are relays of it and of no other value."""
        found = {name}
        for other, step in self.steps.items():
            if step.kind in ("linear", "relay") and step.operands[0] in found and len(step.operands) == 1:
                found.add(other)
        return found

    def before(self, name: str) -> set[str]:
        """A value and all values that it is computed from."""
        found = {name}
        for other in reversed(self.steps):
            if other in found:
                found.update(self.steps[other].operands)
        return found

    def behind(self, name: str) -> set[str]:
        """A value and all values that are computed from it."""
        found = {name}
        for other, step in self.steps.items():
            if found.intersection(step.operands):
                found.add(other)
        return found


def read_flow(captured: Captured) -> Flow:
    """The steps on all paths from the image to the logits."""
    read = read_steps(captured).steps
    live = _on_paths(read, captured)
    steps = {name: step for name, step in read.items() if name in live and isinstance(step, Step)}
    readers: dict[str, list[str]] = {name: [] for name in steps}
    for name, step in steps.items():
        for operand in step.operands:
            readers[operand].append(name)
    readers[captured.output].append(OUTSIDE)
    nodes = {node.name: node for node in captured.graph.nodes}
    return Flow(captured, steps, readers, nodes, {name: at for at, name in enumerate(nodes)})


def on_all_paths(flow: Flow, end: str | None = None) -> set[str]:
    """The values that every path from the image to ``end``, by default the logits, contains."""
    end = end or flow.captured.output
    before = {flow.captured.input: 1}
    for name, step in flow.steps.items():
        if step.operands:
            before[name] = sum(before[operand] for operand in step.operands)
    behind = dict.fromkeys(flow.steps, 0)
    behind[end] = 1
    for name in reversed(flow.steps):
        for operand in flow.steps[name].operands:
            behind[operand] += behind[name]
    return {name for name in flow.steps if before[name] * behind[name] == before[end]}


def _on_paths(read: dict[str, Step | tuple[Step | None, ...]], captured: Captured) -> set[str]:
    live = {captured.output}
    for name in reversed(read):
        step = read[name]
        if name in live:
            parts = step if isinstance(step, tuple) else (step,)
            live.update(operand for part in parts if part is not None for operand in part.operands)
    return live
