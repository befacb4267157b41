"""Values that are never below 0: behind a ReLU and what keeps its sign. A missed one only costs time."""

from __future__ import annotations

from torch.fx import Node

from summit_graph.model.program.capture import is_getitem
from summit_graph.model.program.flow import Flow
from summit_graph.model.program.steps import operator_name

_NONNEGATIVE = {
    "relu",
    "relu_",
    "relu6",
    "sigmoid",
    "hardsigmoid",
    "softmax",
    "_softmax",
    "softplus",
    "abs",
    "exp",
}
#: They keep the sign of what they read, if there are several operands that of all.
_KEEPING = {
    *("max_pool2d", "max_pool2d_with_indices", "avg_pool2d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d"),
    *("adaptive_max_pool2d", "mean", "sum", "amax", "dropout", "feature_dropout", "alpha_dropout"),
    *(
        "clone",
        "contiguous",
        "alias",
        "detach",
        "reshape",
        "view",
        "flatten",
        "unflatten",
        "permute",
        "transpose",
    ),
    *("unsqueeze", "squeeze", "slice", "select", "narrow", "index_select", "flip", "roll", "expand"),
    *("split", "split_with_sizes", "chunk", "cat", "concat"),
}


def nonnegative_values(flow: Flow) -> frozenset[str]:
    """Names of values that are never below 0, whatever the image."""
    found: set[str] = set()
    for name, step in flow.steps.items():
        node = flow.nodes[name]
        keeps = _keeps_sign(node) or (step.kind == "add" and min(step.signs) > 0)
        if _is_nonnegative(node) or (keeps and found.issuperset(step.operands)):
            found.add(name)
    return frozenset(found)


def _is_nonnegative(node: Node) -> bool:
    name = operator_name(node)
    if name in ("hardtanh", "clamp"):
        low = node.args[1] if len(node.args) > 1 else node.kwargs.get("min", node.kwargs.get("min_val"))
        return isinstance(low, int | float) and low >= 0
    return name in _NONNEGATIVE


def _keeps_sign(node: Node) -> bool:
    if is_getitem(node):
        whole = node.args[0]
        return isinstance(whole, Node) and operator_name(whole) in _KEEPING
    return operator_name(node) in _KEEPING
