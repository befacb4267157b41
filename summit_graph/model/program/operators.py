"""The supported operators, and the function that reads each of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.fx import Node

from summit_graph.model.program import arithmetic, mixing, relays
from summit_graph.model.program.capture import Captured, is_getitem
from summit_graph.model.program.layouts import example_shape
from summit_graph.model.program.steps import Reading, Step, Steps, operator_name

_READERS: dict[str, Callable[[Reading, Node], Steps]] = {
    **dict.fromkeys(["conv2d", "convolution"], mixing.read_convolution),
    "linear": mixing.read_linear,
    "addmm": mixing.read_addmm,
    **dict.fromkeys(["mm", "matmul"], mixing.read_matmul),
    **dict.fromkeys(["add", "sub", "rsub", "mul", "div"], arithmetic.read_arithmetic),
    **dict.fromkeys(
        ["batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm", "cudnn_batch_norm"],
        relays.read_batch_norm,
    ),
    **dict.fromkeys(
        ["clone", "contiguous", "alias", "detach", "_to_copy", "to", "lift_fresh_copy", "_conj"],
        relays.read_same,
    ),
    **dict.fromkeys(["dropout", "feature_dropout", "alpha_dropout"], relays.read_dropout),
    **dict.fromkeys(
        [
            *("layer_norm", "native_layer_norm", "group_norm", "native_group_norm", "instance_norm"),
            *("rms_norm", "response_norm"),
        ],
        relays.read_normalization,
    ),
    **dict.fromkeys(["softmax", "_softmax", "log_softmax", "_log_softmax"], relays.read_softmax),
    **dict.fromkeys(
        [
            *("max_pool2d", "max_pool2d_with_indices", "avg_pool2d", "adaptive_avg_pool2d"),
            *(
                "_adaptive_avg_pool2d",
                "adaptive_max_pool2d",
                "upsample_nearest2d",
                "_upsample_nearest_exact2d",
            ),
            *(
                "upsample_bilinear2d",
                "_upsample_bilinear2d_aa",
                "upsample_bicubic2d",
                "_upsample_bicubic2d_aa",
            ),
        ],
        relays.read_pool,
    ),
    **dict.fromkeys(
        ["mean", "sum", "amax", "amin", "var", "std", "norm", "linalg_vector_norm", "logsumexp"],
        relays.read_reduction,
    ),
    **dict.fromkeys(
        [
            *("reshape", "view", "_unsafe_view", "flatten", "unflatten", "permute", "transpose", "t"),
            *("movedim", "unsqueeze", "squeeze"),
        ],
        relays.read_reshape,
    ),
    **dict.fromkeys(["slice", "select", "narrow", "index_select", "flip", "roll"], relays.read_cut),
    **dict.fromkeys(["split", "split_with_sizes", "chunk", "unbind", "tensor_split"], relays.read_split),
    **dict.fromkeys(
        ["pad", "constant_pad_nd", "reflection_pad2d", "replication_pad2d", "circular_pad2d"],
        relays.read_padding,
    ),
    **dict.fromkeys(["expand", "expand_as"], relays.read_expansion),
    **dict.fromkeys(["cat", "concat", "concatenate"], relays.read_concatenation),
    "neg": relays.read_negation,
}
#: Activation functions that torch does not mark as element-wise.
_ACTIVATIONS = ("hardswish", "prelu", "_prelu_kernel", "log_sigmoid")
#: These depend only on a value's shape and type.
_OF_SHAPE = ("sym_size", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full")


def read_steps(captured: Captured) -> Reading:
    """What each operator of a program does to channels; the steps of unsupported operators are ``unread``."""
    reading = Reading(captured)
    for node in captured.order:
        if not reading.operands(node) or operator_name(node) in _OF_SHAPE:
            reading.known[node.name] = _computed(reading, node)
        else:
            reading.steps[node.name] = _read(reading, node)
    return reading


def _read(reading: Reading, node: Node) -> Steps:
    if is_getitem(node):
        return _part(reading, node)
    reader = _READERS.get(operator_name(node))
    if reader is not None:
        return reader(reading, node)
    if operator_name(node) in _ACTIVATIONS or torch.Tag.pointwise in getattr(node.target, "tags", ()):
        if len(set(reading.operands(node))) == 1:
            return relays.read_elementwise(reading, node)
        if step := arithmetic.read_written_out(reading, node):
            return step
    return reading.unread(node, always_blamed=True)


def _part(reading: Reading, node: Node) -> Step:
    whole, number = node.args
    assert isinstance(whole, Node)
    assert isinstance(number, int)
    steps = reading.steps[whole.name]
    part = steps[number] if isinstance(steps, tuple) else None
    return part if part is not None and reading.has_images_first(node) else reading.unread(node)


def _computed(reading: Reading, node: Node) -> object:
    """A value that does not depend on the image, computed for one image."""
    from_image = [one for one in node.all_input_nodes if one.name in reading.steps]
    stand_ins = {one: torch.zeros(example_shape(one.meta["val"])) for one in from_image}
    args, kwargs = torch.fx.node.map_arg(
        (node.args, node.kwargs), lambda one: stand_ins[one] if one in stand_ins else reading.known[one.name]
    )
    assert callable(node.target)
    with torch.no_grad():
        return node.target(*args, **kwargs)
