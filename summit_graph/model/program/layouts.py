"""Where the channels of a value are: along some dimension, or flattened together with positions.

A layout labels every element of one image's tensor with its channel. Reshaping and slicing are applied to the
labels, so they work for any order of dimensions.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

#: The source of an empty channel, for example one added by padding.
EMPTY = -1


@dataclass(frozen=True, eq=False)
class Layout:
    """The channels of a value.

    Attributes:
        labels: the channel of each element of one image, (1, …); expanded tensors, which need no memory.
        channels: number of channels; they are numbered from 0.
        size: height and width of a channel's map.
    """

    labels: Tensor
    channels: int
    size: tuple[int, int]

    @classmethod
    def plain(cls, shape: Sequence[int], dim: int) -> Layout:
        """Channels along one dimension of a tensor of one image, (1, …)."""
        numbers = torch.arange(shape[dim]).view(_along(len(shape), dim, shape[dim]))
        rest = [side for at, side in enumerate(shape) if at not in (0, dim)]
        return cls(numbers.expand(tuple(shape)), shape[dim], _size(rest))

    def with_labels(self, labels: Tensor) -> Layout:
        """The same channels with other labels."""
        same = labels.numel() == self.labels.numel()
        return Layout(labels, self.channels, self.size if same else _size_of(labels, self.channels))

    def is_along(self, dim: int) -> bool:
        """Whether the channels are exactly the positions along a dimension."""
        dim = dim % self.labels.ndim
        if dim == 0 or self.labels.shape[dim] != self.channels:
            return False
        numbers = torch.arange(self.channels).view(_along(self.labels.ndim, dim, self.channels))
        return bool((_core(self.labels) == numbers).all())

    @cached_property
    def dim(self) -> int | None:
        """The dimension along which the channels are, or None."""
        return next((dim for dim in range(1, self.labels.ndim) if self.is_along(dim)), None)

    def maps(self, value: Tensor) -> Tensor:
        """A value of this layout as (images, channels, height, width)."""
        images = value.shape[0]
        if self.dim is not None:
            maps = value.movedim(self.dim, 1)
            return maps if maps.ndim == 4 else maps.reshape(images, self.channels, *self._sides(maps))
        flat = value.reshape(images, -1)
        ordered = flat if self.is_in_order else flat[:, self.order.to(value.device)]
        return ordered.reshape(images, self.channels, *self._sides(ordered[:, None]))

    @cached_property
    def order(self) -> Tensor:
        """The elements of one image, channel by channel."""
        return self.labels.reshape(-1).argsort(stable=True)

    @cached_property
    def is_in_order(self) -> bool:
        """Whether the elements of one image are channel by channel."""
        return torch.equal(self.order, torch.arange(len(self.order)))

    def _sides(self, maps: Tensor) -> tuple[int, int]:
        positions = maps[0].numel() // self.channels
        return self.size if self.size[0] * self.size[1] == positions else (positions, 1)


@dataclass(frozen=True, eq=False)
class Moved:
    """Channels that an operator moved to other numbers.

    Attributes:
        layout: the new channels.
        operands: for each new channel the operand it comes from; 0 for a single operand, EMPTY if from none.
        numbers: its number in that operand.
    """

    layout: Layout
    operands: Tensor
    numbers: Tensor

    @property
    def keeps_numbers(self) -> bool:
        """Whether every channel has the same number as before."""
        return bool((self.operands == 0).all()) and bool(
            (self.numbers == torch.arange(self.layout.channels)).all()
        )


def cut(labels: Tensor, before: Layout) -> Moved | None:
    """Selected or reordered elements of a value, as renumbered channels.

    None if channels are cut into unequal pieces.
    """
    dim = _dim_of(labels)
    if dim is not None and (before.dim is not None or _are_distinct(labels, dim)):
        return _moved(labels, dim)
    return _numbered(labels)


def reshaped(labels: Tensor, before: Layout) -> Moved:
    """The same elements in another shape; channels along a dimension are numbered by position there."""
    dim = _dim_of(labels)
    if dim is not None and labels.shape[dim] == before.channels:
        return _moved(labels, dim, size=before.size)
    numbers = torch.arange(before.channels)
    return Moved(before.with_labels(labels), torch.zeros_like(numbers), numbers)


def concatenated(operands: Sequence[Layout | int], shapes: Sequence[Sequence[int]], dim: int) -> Moved | None:
    """Concatenated values; an int is the number of channels of an operand whose channels are empty.

    None if the channels are not along that dimension.
    """
    layouts = [
        Layout.plain(shape, dim) if isinstance(operand, int) else operand
        for operand, shape in zip(operands, shapes, strict=True)
    ]
    sources, numbers = [], []
    for at, (operand, layout) in enumerate(zip(operands, layouts, strict=True)):
        empty = isinstance(operand, int)
        sources.append(torch.full((layout.channels,), EMPTY if empty else at))
        numbers.append(torch.full((layout.channels,), EMPTY) if empty else torch.arange(layout.channels))
    whole = _joined(layouts, dim)
    return Moved(whole, torch.cat(sources), torch.cat(numbers)) if whole else None


def _joined(layouts: Sequence[Layout], dim: int) -> Layout | None:
    shape = list(layouts[0].labels.shape)
    shape[dim] = sum(layout.labels.shape[dim] for layout in layouts)
    if all(layout.is_along(dim) for layout in layouts):
        return Layout.plain(shape, dim)
    if len(shape) != 2:
        return None
    count = sum(layout.channels for layout in layouts)
    firsts = itertools.accumulate((layout.channels for layout in layouts), initial=0)
    labels = torch.cat([layout.labels + first for layout, first in zip(layouts, firsts, strict=False)], dim)
    return Layout(labels, count, _size_of(labels, count))


def padded(layout: Layout, shape: Sequence[int], before: int) -> Moved:
    """Channels padded with empty ones before and after them, to a tensor of the given shape."""
    assert layout.dim is not None
    new = Layout.plain(shape, layout.dim)
    numbers = torch.full((new.channels,), EMPTY)
    first, last = max(before, 0), min(before + layout.channels, new.channels)
    numbers[first:last] = torch.arange(first - before, last - before)
    return Moved(new, torch.where(numbers == EMPTY, EMPTY, 0), numbers)


def per_channel(constant: Tensor, layout: Layout) -> Tensor | None:
    """A constant that broadcasts to a value of the layout, as one number per channel, or None."""
    maps = constant_maps(constant, layout)
    first = maps[:, :1, :1]
    return first.reshape(-1) if bool((maps == first).all()) else None


def constant_maps(constant: Tensor, layout: Layout) -> Tensor:
    """A constant that broadcasts to a value of the layout, as (channels, height, width)."""
    return layout.maps(constant.expand(layout.labels.shape))[0]


def _moved(labels: Tensor, dim: int, *, size: tuple[int, int] | None = None) -> Moved:
    numbers = labels.movedim(dim, 0).reshape(labels.shape[dim], -1)[:, 0].clone()
    plain = Layout.plain(labels.shape, dim)
    layout = plain if size is None else Layout(plain.labels, plain.channels, size)
    return Moved(layout, torch.zeros_like(numbers), numbers)


def _numbered(labels: Tensor) -> Moved | None:
    kept, new = labels.unique(return_inverse=True)
    if len(set(new.reshape(-1).bincount().tolist())) != 1:
        return None
    layout = Layout(new.view(labels.shape), len(kept), _size_of(labels, len(kept)))
    return Moved(layout, torch.zeros_like(kept), kept)


def _are_distinct(labels: Tensor, dim: int) -> bool:
    return len(_core(labels).unique()) == labels.shape[dim]


def _core(labels: Tensor) -> Tensor:
    """The labels without their expanded dimensions, which makes comparisons cheap."""
    for dim in range(labels.ndim):
        if labels.stride(dim) == 0:
            labels = labels.narrow(dim, 0, 1)
    return labels


def _dim_of(labels: Tensor) -> int | None:
    """The only dimension along which the labels differ; if they do not differ, the first of size 1."""
    core = _core(labels)
    differing = [dim for dim in range(1, core.ndim) if bool((core != core.narrow(dim, 0, 1)).any())]
    if len(differing) > 1:
        return None
    single = (dim for dim in range(1, labels.ndim) if labels.shape[dim] == 1)
    return differing[0] if differing else next(single, None)


def _along(ndim: int, dim: int, side: int) -> list[int]:
    return [side if at == dim % ndim else 1 for at in range(ndim)]


def _size(sides: Sequence[int]) -> tuple[int, int]:
    if len(sides) == 2:
        return sides[0], sides[1]
    positions = 1
    for side in sides:
        positions *= side
    return positions, 1


def _size_of(labels: Tensor, channels: int) -> tuple[int, int]:
    dim = _dim_of(labels)
    if dim is not None and labels.shape[dim] == channels:
        return _size([side for at, side in enumerate(labels.shape) if at not in (0, dim)])
    return labels.numel() // channels, 1


def example_shape(value: Any) -> tuple[int, ...]:
    """The shape of a captured tensor for one image."""
    return tuple(1 if isinstance(side, torch.SymInt) else int(side) for side in value.shape)
