"""Exact influences on one CPU core, in less time than a forward pass; the counts are those of ``reference``.

No map is stored. The top inputs of an output over all terms of its sum are kept in one list per image:

1. 1x1 kernels: an output's products max(w, 0) · max z are arranged in 64 columns. The fifth largest column
   maximum is a lower bound of the fifth largest product, so only a few columns are searched. Where maps may
   be negative, the products are max(w · max z, w · min z).
2. Other kernels: see ``fused_convolutions``.
3. An identity has one value per output.
4. Ties go to the term that runs first, then to the lower input.

The order of summation differs from torch's, so values that tie within rounding may be counted differently.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.aggregate.fused_convolutions import KernelTaps, insert_convolutions
from summit_graph.aggregate.reference import channel_bounds, covers_map, has_whole_groups, is_pointwise
from summit_graph.aggregate.top_inputs import add_found, insert
from summit_graph.model.counted import CountedSum, CountedTerm
from summit_graph.model.cpu_layers import compiled
from summit_graph.model.program.running import Values

#: A row of products is treated as a matrix with this many columns, or fewer if the row is short.
COLUMNS, FEW_COLUMNS = 64, 16
#: The length of the longest short row.
SHORT_ROW = 256
#: Smallest influence that counts: the smallest float32 above 0.
SMALLEST = np.float32(1e-45)

#: Smallest and largest values, (images, channels), of the values of a batch.
KnownBounds = dict[tuple[str, tuple[int, int], bool], tuple[Tensor, Tensor]]
Top = tuple[NDArray[np.float32], NDArray[np.int64]]


def can_fuse(counted: CountedSum) -> bool:
    """Whether ``FusedSum`` counts this sum: no gates in it, and whole groups of its operators' outputs."""
    return all(
        not term.term.factors.gates and has_whole_groups(term.term, counted.rows) for term in counted.terms
    )


class FusedSum:
    """Counts the top influences on the channels of one sum; use within one thread.

    Args:
        counted: the sum.
        cells: the cells of its terms.
        number: how many influences of an output are counted.
        known: bounds of values that several sums read; to be emptied after each batch.
        padded: memory for padded maps that sums share.
    """

    def __init__(
        self,
        counted: CountedSum,
        cells: SumCells,
        *,
        number: int,
        known: KnownBounds,
        padded: PaddedMaps,
    ) -> None:
        self.number = number
        self.kept = counted.kept.numpy()
        self.shared = cells.shared
        pairs = zip(counted.terms, cells.terms, strict=True)
        self.terms = [_term(counted, *pair, known, padded) for pair in pairs]
        # The costliest last: the larger the values found so far, the more it can skip.
        self.order = sorted(range(len(self.terms)), key=lambda at: self.terms[at].cost)
        widths = [one.width for one in self.terms]
        self.starts = np.cumsum([0, *widths])
        inputs = [len(one.base) for one in cells.terms]
        self.first = np.stack([one.first for one in self.terms]) + np.cumsum([0, *inputs[:-1]])[:, None]
        self.base, self.step = (
            np.concatenate([getattr(one, name).numpy() for one in cells.terms]) for name in ("base", "step")
        )

    def count(self, values: Values, counts: Tensor) -> None:
        """Add each image's top influences.

        Args:
            values: those that the sum reads, by name.
            counts: int32 (cells,), the whole vector of counts.
        """
        images = len(next(iter(values.values())))
        shape = (images, len(self.kept), self.number)
        best, inputs = np.zeros(shape, np.float32), np.full(shape, -1, np.int64)
        for at in self.order:
            self.terms[at].insert(values, int(self.starts[at]), self.kept, (best, inputs))
        add_found(inputs, self.starts, self.first, self.base, self.step, self.shared, counts.numpy())


def _term(
    counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds, padded: PaddedMaps
) -> _Identity | _Products | _WholeMaps | _Convolution:
    if term.term.mixing is None:
        return _Identity(counted, term, cells, known)
    if is_pointwise(term.term.mixing):
        return _Products(counted, term, cells, known)
    if covers_map(term.term):
        return _WholeMaps(counted, term, cells, known)
    return _Convolution(counted, term, cells, known, padded)


class _Term:
    """What all terms have in common.

    Attributes:
        width: how many inputs compete for an output.
        first: int64 (rows,), the first of them.
        cost: products of an output with one position of all inputs.
    """

    def __init__(self, counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds) -> None:
        self.term = term.term
        self.known = known
        self.rows = counted.rows
        self.nonnegative = term.nonnegative
        mixing = self.term.mixing
        self.width = 1 if mixing is None else mixing.weight.shape[1]
        self.cost = 0 if mixing is None else mixing.weight[0].numel()
        per_group = 1 if mixing is None else mixing.outputs // mixing.groups
        self.first = (self.rows if mixing is None else self.rows // per_group * self.width).numpy()
        self.missing = (cells.base < 0).nonzero()[:, 0]
        self.factors = self.term.factors.constant[self.rows].float()

    def maps(self, values: Values) -> Tensor:
        """The maps that it reads, (images, channels, H, W)."""
        assert self.term.layout is not None
        return self.term.layout.maps(values[self.term.reads])

    def bounds(self, values: Values) -> tuple[Tensor, Tensor]:
        """Each input channel's smallest and largest value where a 1x1 kernel reads it, (images, channels)."""
        mixing = self.term.mixing
        stride = mixing.stride if mixing is not None and is_pointwise(mixing) else (1, 1)
        key = (self.term.reads, stride, self.nonnegative)
        if key not in self.known:
            down, across = stride
            self.known[key] = channel_bounds(
                self.maps(values)[:, :, ::down, ::across], nonnegative=self.nonnegative
            )
        return self.known[key]


class _Identity(_Term):
    def insert(self, values: Values, start: int, kept: NDArray[np.bool_], top: Top) -> None:
        low, high = (one[:, self.rows] for one in self.bounds(values))
        found = torch.maximum(self.factors * low, self.factors * high)
        found[:, torch.isin(self.rows, self.missing)] = 0
        insert_identities(found.numpy(), start, kept, *top)


class _Products(_Term):
    """A 1x1 kernel."""

    def __init__(self, counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds) -> None:
        super().__init__(counted, term, cells, known)
        assert self.term.mixing is not None
        self.mixing = self.term.mixing
        weight = scaled_rows(self.mixing.weight, self.rows, self.factors)[:, :, 0, 0]
        self.weight = padded_rows(weight.numpy())

    def insert(self, values: Values, start: int, kept: NDArray[np.bool_], top: Top) -> None:
        low, high = self.bounds(values)
        largest = self._rows(high.clamp_min(0))
        smallest = None if self.nonnegative else self._rows(low.clamp_max(0))
        insert_products(largest, smallest, self.weight, kept, start, *top)

    def _rows(self, bounds: Tensor) -> NDArray[np.float32]:
        """(images, groups, padded length); 0 for inputs that are not counted."""
        bounds[:, self.missing] = 0
        images, groups = len(bounds), self.mixing.groups
        return padded_rows(bounds.reshape(images * groups, -1).numpy()).reshape(images, groups, -1)


class _WholeMaps(_Term):
    """A kernel that covers the entire map: each influence is one product of two rows."""

    def __init__(self, counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds) -> None:
        super().__init__(counted, term, cells, known)
        assert self.term.mixing is not None
        self.groups = self.term.mixing.groups
        self.weight = scaled_rows(self.term.mixing.weight, self.rows, self.factors).flatten(2)

    def insert(self, values: Values, start: int, kept: NDArray[np.bool_], top: Top) -> None:
        maps = self.maps(values).flatten(2)
        per_group = len(self.weight) // self.groups
        for channel in sorted(set(range(maps.shape[1])) - set(self.missing.tolist())):
            group, number = divmod(channel, self.width)
            own = slice(group * per_group, (group + 1) * per_group)
            found = maps[:, channel] @ self.weight[own, number].T
            insert_identities(found.numpy(), start + number, kept[own], *(one[:, own] for one in top))


class _Convolution(_Term):
    def __init__(
        self,
        counted: CountedSum,
        term: CountedTerm,
        cells: TermCells,
        known: KnownBounds,
        padded: PaddedMaps,
    ) -> None:
        super().__init__(counted, term, cells, known)
        assert self.term.mixing is not None
        self.mixing = self.term.mixing
        weight = scaled_rows(self.mixing.weight, self.rows, self.factors)
        self.kernel = KernelTaps.of(weight, self.mixing.groups, nonnegative=self.nonnegative)
        self.padded = padded

    def insert(self, values: Values, start: int, kept: NDArray[np.bool_], top: Top) -> None:
        planes = self.padded.pad(self.maps(values), self.mixing.padding)
        low, high = self.bounds(values)
        low, high = low.clamp_max(0), high.clamp_min(0)
        for one in (planes, low, high):
            one[:, self.missing] = 0
        insert_convolutions(
            planes.numpy(),
            low.numpy(),
            high.numpy(),
            self.kernel,
            tuple(self.mixing.weight.shape[2:]),
            np.array([*self.mixing.stride, *self.mixing.dilation]),
            kept,
            self.width,
            start,
            *top,
        )


def scaled_rows(weight: Tensor, rows: Tensor, factors: Tensor) -> Tensor:
    """Rows of a weight times their factors; the weight itself, not a copy, where these are all rows and 1."""
    if not torch.equal(rows, torch.arange(len(weight))):
        weight = weight[rows]
    return weight if bool((factors == 1).all()) else weight * factors[:, None, None, None]


class PaddedMaps:
    """Pads maps with zeros into memory that is reused from sum to sum; use within one thread."""

    def __init__(self) -> None:
        self._memory = torch.zeros(0)

    def pad(self, maps: Tensor, padding: tuple[int, int, int, int]) -> Tensor:
        """Maps with a border of zeros, valid until the next call.

        Args:
            maps: float32 (images, channels, H, W).
            padding: zeros on the left, right, top and bottom.

        Returns:
            float32 (images, channels, H + top + bottom, W + left + right), contiguous.
        """
        images, channels, height, width = maps.shape
        left, right, top, bottom = padding
        shape = (images, channels, height + top + bottom, width + left + right)
        if len(self._memory) < math.prod(shape):
            self._memory = torch.empty(math.prod(shape))
        planes = self._memory[: math.prod(shape)].view(shape)
        for border in (planes[:, :, :top], planes[:, :, top + height :]):
            border.zero_()
        for border in (planes[..., :left], planes[..., left + width :]):
            border.zero_()
        planes[:, :, top : top + height, left : left + width] = maps
        return planes


@compiled
def columns_for(length):
    """The number of columns of the matrix that a row of this length is treated as."""
    return FEW_COLUMNS if length <= SHORT_ROW else COLUMNS


def padded_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Append zeros for ``insert_products``: float32 (rows, length) -> (rows, a multiple of the columns)."""
    missing = -rows.shape[1] % columns_for(rows.shape[1])
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing))) if missing else rows)


@compiled
def insert_identities(found, start, kept, best, inputs):
    """Insert each output's own value.

    Args:
        found: float32 (images, outputs).
        start: number of the term's first candidate.
        kept, best, inputs: as in ``insert_products``.
    """
    last = best.shape[2] - 1
    for image in range(found.shape[0]):
        for output in range(found.shape[1]):
            value = found[image, output]
            if kept[output] and value > 0 and value >= best[image, output, last]:
                insert(best[image, output], inputs[image, output], found[image, output], start)


@compiled
def insert_products(largest, smallest, weight, kept, start, best, inputs):
    """Insert the top inputs of every output of a 1x1 convolution.

    Args:
        largest, smallest: float32 (images, groups, padded length), max z, at least 0, and min z, at most 0;
            None for the latter where z is not negative.
        weight: float32 (outputs, padded length).
        kept: bool (outputs,), False for excluded outputs.
        start: number of the term's first candidate.
        best: float32 (images, outputs, number), the largest influences so far, in descending order; changed.
        inputs: int64, the same shape, their candidates' numbers, -1 for none; changed.
    """
    columns = np.empty(columns_for(weight.shape[1]), np.float32)
    near = np.empty(weight.shape[1], np.int64)
    per_group = weight.shape[0] // largest.shape[1]
    for output in range(weight.shape[0]):
        if kept[output]:
            row, group = weight[output], output // per_group
            for image in range(largest.shape[0]):
                high, low = largest[image, group], part_of(smallest, image, group)
                threshold = threshold_of(row, high, low, columns, best.shape[2])
                found = select_from(row, high, low, columns, threshold, near)
                for at in near[:found]:
                    product = product_at(row, high, low, at)
                    insert(best[image, output], inputs[image, output], product, start + at)


@compiled
def part_of(smallest, image, group):
    """The values of one image and group, if there are any."""
    if smallest is None:
        return None
    return smallest[image, group]


@compiled
def product_at(row, high, low, at):
    """The largest product of an input."""
    if low is None:
        return row[at] * high[at]
    return max(row[at] * high[at], row[at] * low[at])


@compiled
def threshold_of(row, high, low, columns, number):
    """Fill ``columns`` with each column's largest product; return a lower bound for the top inputs' products.

    The bound is the ``number``-th largest of the column maxima, or less.
    """
    columns[:] = 0
    for first in range(0, row.shape[0], columns.size):
        weights, upper = row[first : first + columns.size], high[first : first + columns.size]
        for column in range(columns.size):
            columns[column] = max(columns[column], weights[column] * upper[column])
        if low is not None:
            lower = low[first : first + columns.size]
            for column in range(columns.size):
                columns[column] = max(columns[column], weights[column] * lower[column])
    threshold = np.float32(np.inf)
    for _ in range(number):
        below = np.float32(0)
        for column in range(columns.size):
            below = max(below, columns[column] if columns[column] < threshold else np.float32(0))
        threshold = below
    return max(threshold, SMALLEST)


@compiled
def select_from(row, high, low, columns, threshold, near):
    """Write the inputs whose products reach the threshold to ``near``; return their number."""
    found = 0
    for column in range(columns.size):
        if columns[column] >= threshold:
            for at in range(column, row.shape[0], columns.size):
                near[found] = at
                found += int(product_at(row, high, low, at) >= threshold)
    return found
