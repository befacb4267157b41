"""Calls of a forward pass, rewritten so that a CPU core needs less time and memory for the same values.

1. A batch normalization and the ReLU that alone reads it become one call.
2. Normalizations, activation functions and sums write into an operand that nothing else needs. A value that
   another operator reads may have views that are still needed, so such an operand has one reader.
3. Max pools and 1x1 convolutions use other kernels.

On a GPU, and where gradients are computed, torch's own operators are used.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from summit_graph.model import cpu_layers
from summit_graph.model.program.calls import Call, Ref
from summit_graph.model.program.mixing import pair

RELU = torch.ops.aten.relu.default
_RELU6 = torch.ops.aten.hardtanh.default
_BATCH_NORM = torch.ops.aten._native_batch_norm_legit_no_training.default
_CONVOLUTION = torch.ops.aten.conv2d.default
_ADD = torch.ops.aten.add.Tensor
_IN_PLACE: dict[Callable[..., Any], Callable[..., Any]] = {
    RELU: torch.ops.aten.relu_.default,
    _RELU6: torch.ops.aten.hardtanh_.default,
    torch.ops.aten.silu.default: torch.ops.aten.silu_.default,
    torch.ops.aten.hardswish.default: torch.ops.aten.hardswish_.default,
    torch.ops.aten.gelu.default: torch.ops.aten.gelu_.default,
    torch.ops.aten.elu.default: torch.ops.aten.elu_.default,
    torch.ops.aten.leaky_relu.default: torch.ops.aten.leaky_relu_.default,
    torch.ops.aten.mish.default: torch.ops.aten.mish_.default,
}
#: Operators whose result is new memory of their own.
_ALLOCATING = {
    _CONVOLUTION,
    torch.ops.aten.linear.default,
    torch.ops.aten.batch_norm.default,
    _BATCH_NORM,
    _ADD,
    torch.ops.aten.cat.default,
}


def with_joined_norms(calls: Sequence[Call], kept: Collection[str]) -> list[Call]:
    """The calls, each batch normalization joined with the ReLU that alone reads its result.

    Args:
        kept: names of values that are needed after the last call.
    """
    only = _only_readers(calls, kept)
    joined: set[str] = set()
    found = []
    for call in calls:
        if call.function is _BATCH_NORM and (result := _result_of(call, only)):
            relu = only.get(result.name or "")
            last = relu if relu and relu.function in (RELU, _RELU6) else result
            joined.update(one.name for one in (result, last) if one.name)
            found.append(replace(call, name=last.name, function=_BatchNorm(None if last is result else last)))
        elif call.name not in joined:
            found.append(call)
    return found


def _only_readers(calls: Sequence[Call], kept: Collection[str]) -> dict[str, Call]:
    """The reader of each value that one call reads."""
    readers = Counter(name for call in calls for name in call.reads)
    return {name: call for call in calls for name in call.reads if readers[name] == 1 and name not in kept}


def _result_of(norm: Call, only: Mapping[str, Call]) -> Call | None:
    """The call that takes a batch normalization's result, if nothing else reads what it returns."""
    reader = only.get(norm.name or "")
    return reader if reader and reader.function is operator.getitem and reader.args[1] == 0 else None


def with_faster_functions(calls: Sequence[Call]) -> list[Call]:
    """The calls, of which some write into an operand and some use faster kernels."""
    readers = Counter(name for call in calls if call.name for name in call.reads)
    fresh: set[str] = set()
    found = []
    for call in calls:
        owned = {name for name in call.reads if name in fresh and name in call.freed and readers[name] == 1}
        faster = replace(call, function=_faster(call, owned))
        if call.name and (call.function in _ALLOCATING or faster.function is not call.function):
            fresh.add(call.name)
        found.append(faster)
    return found


def _faster(call: Call, owned: set[str]) -> Callable[..., Any]:
    """A call's function, or one with the same results that may write into the ``owned`` operands."""
    operands = [one.name for one in call.args if isinstance(one, Ref)]
    first_is_owned = bool(operands) and operands[0] in owned
    if call.function is torch.ops.aten.max_pool2d.default:
        return _max_pool
    if call.function is _CONVOLUTION:
        return _convolution
    if isinstance(call.function, _BatchNorm):
        return replace(call.function, in_place=first_is_owned)
    if call.function in _IN_PLACE and first_is_owned:
        return partial(_write_into, call.function)
    if call.function is _ADD and len(operands) == len(call.args) == 2 and not call.kwargs and owned:
        return partial(_add_to, 0 if first_is_owned else 1)
    return call.function


@dataclass(frozen=True)
class _BatchNorm:
    """A batch normalization, and the ReLU behind it."""

    relu: Call | None
    in_place: bool = False

    def __call__(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        momentum: float,
        eps: float,
    ) -> Tensor:
        parameters = (weight, bias, mean, variance)
        if all(map(_is_plain, (x, *parameters))) and cpu_layers.is_channels_last(x):
            low, high = self._limits()
            return cpu_layers.batch_norm(x, *parameters, eps, low=low, high=high, in_place=self.in_place)
        result = _BATCH_NORM(x, *parameters, momentum, eps)[0]
        return self.relu.function(result, *self.relu.args[1:], **self.relu.kwargs) if self.relu else result

    def _limits(self) -> tuple[float, float]:
        if self.relu is None:
            return -math.inf, math.inf
        if self.relu.function is RELU:
            return 0, math.inf
        given = dict(zip(("min_val", "max_val"), self.relu.args[1:], strict=False)) | dict(self.relu.kwargs)
        return given.get("min_val", -1), given.get("max_val", 1)


def _write_into(function: Callable[..., Any], x: Tensor, *args: Any, **kwargs: Any) -> Any:
    """An activation function in the memory of what it reads, unless a gradient may need that."""
    return (function if x.requires_grad else _IN_PLACE[function])(x, *args, **kwargs)


def _add_to(at: int, *operands: Tensor) -> Tensor:
    """The sum of two tensors, in the memory of one of them if their shapes allow it."""
    total, other = operands[at], operands[1 - at]
    is_same = total.shape == other.shape and total.dtype == other.dtype
    if not is_same or total.requires_grad or other.requires_grad:
        return operands[0] + operands[1]
    return total.add_(other)


def _convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    groups: int = 1,
) -> Tensor:
    """``conv2d``; on the CPU also 1x1 kernels by oneDNN, which torch uses for 16 images or several threads.

    oneDNN is faster, and its values do not depend on the number of images.
    """
    if torch.backends.mkldnn.is_available() and weight.shape[2:] == (1, 1) and _is_plain(x):
        sides = pair(padding), pair(stride), pair(dilation)
        return torch.mkldnn_convolution(x, weight, bias, *sides, groups)
    return _CONVOLUTION(x, weight, bias, stride, padding, dilation, groups)


def _max_pool(
    x: Tensor,
    size: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Tensor:
    """``max_pool2d``, on the CPU by a faster kernel where it can."""
    square = [set(one) for one in (size, stride or size, padding, dilation)]
    if not (all(len(one) == 1 for one in square) and square[3] == {1} and _is_plain(x)):
        return torch.ops.aten.max_pool2d.default(x, size, stride, padding, dilation, ceil_mode)
    (side,), (step,), (border,) = square[:3]
    return cpu_layers.max_pool(x, side, step, padding=border, ceil_mode=ceil_mode)


def _is_plain(value: Any) -> bool:
    """Whether it is a float32 tensor on the CPU without a gradient."""
    if not isinstance(value, Tensor) or value.requires_grad:
        return False
    return value.device.type == "cpu" and value.dtype == torch.float32
