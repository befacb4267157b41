"""Exact influences on a GPU without storing maps; the counts are those of ``reference``.

The influences of all terms of a sum are written side by side, (images, outputs, candidates), for as many
images at once as fit into ``MOST_INFLUENCES``; then the largest of each output are counted. Each term is
computed in the way that suits it:

1. 1x1 kernels: the larger of w · min z and w · max z.
2. Kernels that cover the whole map: one product of matrices per input.
3. Kernels of which each output reads one channel (depthwise): the bounds of the convolution's own maps.
4. Other kernels: see ``triton_kernels``.
5. An identity has one value per output.

The order of summation differs from torch's, so values that tie within rounding may be counted differently.
Nothing waits for the GPU.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.aggregate.reference import (
    MOST_INFLUENCES,
    channel_bounds,
    covers_map,
    has_whole_groups,
    is_pointwise,
    padded_maps,
)
from summit_graph.aggregate.top_terms import TermCandidates, TopTerms
from summit_graph.aggregate.triton_kernels import (
    Window,
    can_sum,
    count_largest,
    largest_products,
    largest_sums,
)
from summit_graph.model.counted import CountedSum, CountedTerm
from summit_graph.model.program.running import Values
from summit_graph.model.program.steps import Mixing


def can_fuse(counted: CountedSum) -> bool:
    """Whether ``FusedSum`` counts this sum.

    It needs whole groups of its operators' outputs, and kernels of at most some 150 taps that slide.
    """
    return all(has_whole_groups(term.term, counted.rows) and _can_compute(term) for term in counted.terms)


def _can_compute(term: CountedTerm) -> bool:
    return _kind_of(term) is not _Convolution or can_sum(_window(term.term.mixing))


class FusedSum:
    """Counts the top influences on the channels of one sum; use within one thread.

    Args:
        counted: a sum for which ``can_fuse`` is true.
        cells: the cells of its terms.
        number: how many influences of an output are counted.
    """

    def __init__(
        self, counted: CountedSum, cells: SumCells, *, number: int, device: torch.device | str
    ) -> None:
        self.device = torch.device(device)
        pairs = zip(counted.terms, cells.terms, strict=True)
        self.terms = [_kind_of(term)(term, placed, counted.rows, device=device) for term, placed in pairs]
        self.widths = [one.width for one in self.terms]
        self.top = GpuTopTerms(counted, cells, self.terms, number=number, device=device)

    def count(self, values: Values, counts: Tensor) -> None:
        """Add each image's top influences; does not wait for the GPU.

        Args:
            values: those that the sum reads, by name.
            counts: int32 (cells,), the whole vector of counts.
        """
        images = len(next(iter(values.values())))
        at_once = max(1, MOST_INFLUENCES // self.top.size)
        with launching_on(self.device):
            for start in range(0, images, at_once):
                part = {name: value[start : start + at_once] for name, value in values.items()}
                self.top.add(self._influences(part, min(at_once, images - start)), counts)

    def _influences(self, values: Values, images: int) -> Tensor:
        """float32 (images, outputs, candidates)."""
        found = torch.empty(images, *self.top.cells.shape, device=self.device)
        for term, own in zip(self.terms, found.split(self.widths, dim=2), strict=True):
            term.write(values, own)
        return found


class GpuTopTerms(TopTerms):
    """``TopTerms`` by a kernel; arguments as there.

    Attributes:
        cells: int32 (rows, candidates of all terms), the cell of each candidate, -1 if it is not counted.
    """

    def __init__(self, counted: CountedSum, cells: SumCells, *args: Any, **options: Any) -> None:
        super().__init__(counted, cells, *args, **options)
        every = torch.cat([one.cells() for one in self.terms], dim=1)
        self.cells = every.masked_fill(~self.kept[:, None], -1).int()

    def add(self, contributions: Tensor, counts: Tensor, rows: Tensor | None = None) -> None:
        assert rows is None
        with launching_on(counts.device):
            count_largest(contributions, self.cells, counts, number=self.number, shared=self.shared)

    def add_wanted(self, contributions: Sequence[Tensor], wanted: Tensor, counts: Tensor) -> None:
        self.add(torch.cat(list(contributions), dim=2).mul_(wanted[:, :, None]), counts)


def _kind_of(term: CountedTerm) -> type[FusedTerm]:
    mixing = term.term.mixing
    if mixing is None:
        return _Identity
    if is_pointwise(mixing):
        return _Products
    if covers_map(term.term):
        return _WholeMaps
    return _Depthwise if _is_depthwise(mixing) else _Convolution


class FusedTerm(TermCandidates):
    """The influences that enter a sum through one term.

    Attributes:
        unread: the input channels that are not counted.
        gated: whether the factors depend on the image.
    """

    def __init__(
        self, counted: CountedTerm, cells: TermCells, rows: Tensor, *, device: torch.device | str = "cpu"
    ) -> None:
        super().__init__(counted, cells, rows, device=device)
        self.unread = (self.base < 0).nonzero()[:, 0]
        self.gated = bool(self.term.factors.gates)

    @abstractmethod
    def write(self, values: Values, found: Tensor) -> None:
        """Write the influences, float32 (images, rows, width)."""

    def gates(self, values: Values) -> Tensor | None:
        """What the rows are multiplied by, float32 (images, rows), if it depends on the image."""
        return self.factors(values).float().contiguous() if self.gated else None

    @property
    def operator(self) -> Mixing:
        """The operator of a term that is no identity."""
        assert self.mixing is not None
        return self.mixing

    def weight(self) -> Tensor:
        """A new tensor (rows, width, H, W): the operator's weight times the factors if they are constant."""
        weight = self.operator.weight[self.rows]
        return weight if self.gated else weight * self.factors({}).float()[0, :, None, None, None]

    @cached_property
    def taps(self) -> Tensor:
        """The same as (inputs, taps, outputs of a group), contiguous."""
        grouped = self.weight().flatten(2).unflatten(0, (self.operator.groups, -1))
        return grouped.permute(0, 2, 3, 1).flatten(0, 1).contiguous()

    def only_read(self, values: Tensor) -> Tensor:
        """Values (images, channels, …), 0 in channels that are not counted."""
        return values.index_fill(1, self.unread, 0) if len(self.unread) else values


class _Identity(FusedTerm):
    def write(self, values: Values, found: Tensor) -> None:
        low, high = channel_bounds(self.only_read(self.maps(values)), nonnegative=self.nonnegative)
        factors = self.factors(values).float()
        torch.maximum(factors * low[:, self.rows], factors * high[:, self.rows], out=found[:, :, 0])


class _Products(FusedTerm):
    """A 1x1 kernel."""

    @cached_property
    def products(self) -> Tensor:
        """Its weight, (rows, width), contiguous."""
        return self.weight()[:, :, 0, 0].contiguous()

    def write(self, values: Values, found: Tensor) -> None:
        down, across = self.operator.stride
        maps = self.maps(values)[:, :, ::down, ::across]
        bounds = channel_bounds(maps, nonnegative=self.nonnegative)
        low, high = (self.only_read(one).contiguous() for one in bounds)
        largest_products(
            low,
            high,
            self.products,
            found,
            signed=not self.nonnegative or self.gated,
            factors=self.gates(values),
        )


class _WholeMaps(FusedTerm):
    """A kernel that covers the whole map: each influence is one product of two rows."""

    def write(self, values: Values, found: Tensor) -> None:
        maps = self.only_read(self.maps(values)).flatten(2).transpose(0, 1)  # (inputs, images, taps)
        products = torch.bmm(maps, self.taps).unflatten(0, (self.operator.groups, -1))
        influences = products.permute(2, 0, 3, 1).flatten(1, 2)
        gates = self.gates(values)
        found.copy_(influences if gates is None else influences * gates[:, :, None])


class _Depthwise(FusedTerm):
    """A kernel of which each output reads one channel."""

    @cached_property
    def kernels(self) -> Tensor:
        """Its weight, (rows, 1, H, W)."""
        return self.weight()

    def write(self, values: Values, found: Tensor) -> None:
        mixing = self.operator
        padded = padded_maps(self.only_read(self.maps(values)), mixing)
        maps = functional.conv2d(padded, self.kernels, None, mixing.stride, 0, mixing.dilation, mixing.groups)
        low, high = channel_bounds(maps, nonnegative=not self.gated)
        gates = self.gates(values)
        found[:, :, 0] = high if gates is None else torch.maximum(gates * low, gates * high)


class _Convolution(FusedTerm):
    """Any other kernel."""

    def write(self, values: Values, found: Tensor) -> None:
        planes = self.only_read(padded_maps(self.maps(values), self.operator)).contiguous()
        largest_sums(planes, self.taps, _window(self.operator), found, self.gates(values))


def _window(mixing: Mixing | None) -> Window:
    assert mixing is not None
    return Window(_pair(mixing.weight.shape[2:]), _pair(mixing.stride), _pair(mixing.dilation))


def _pair(sides: Sequence[int]) -> tuple[int, int]:
    down, across = sides
    return down, across


def _is_depthwise(mixing: Mixing) -> bool:
    return mixing.weight.shape[1] == 1


def launching_on(device: torch.device) -> AbstractContextManager[object]:
    """Make the device current: Triton launches on the current GPU, which is the first one by default."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()
