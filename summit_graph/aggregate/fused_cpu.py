"""Exact influences on one CPU core, in less time than a forward pass; the counts are those of ``reference``.

No map is stored. The top inputs of an output over all terms of its sum are kept in one list per image:

1. 1x1 kernels: an output's products max(w, 0) · max z are arranged in 64 columns. The fifth largest column
   maximum is a lower bound of the fifth largest product, so only a few columns are searched. Where maps may
   be negative, the products max(-w, 0) · (-min z) follow in the same row.
2. Other kernels: inputs are visited in descending order of their range of values. The largest value times the
   sum of the kernel's positive taps, plus the smallest times that of the negative ones, is an upper bound of
   the influence, so outputs whose current top inputs all exceed the bound are skipped (about four of five).
   For the others the taps are packed, one output per vector lane. Every patch that is not all zero is
   multiplied with them, and the running maximum is kept. All-zero patches contribute 0 to the maximum.
3. An identity has one value per output.
4. Ties go to the term that runs first, then to the lower input.

The order of summation differs from torch's, so values that tie within rounding may be counted differently.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.aggregate.reference import channel_bounds, is_pointwise
from summit_graph.model.counted import CountedSum, CountedTerm
from summit_graph.model.cpu_layers import compiled
from summit_graph.model.program.running import Values

#: A row of products is treated as a matrix with this many columns; rows are padded to a multiple of it.
COLUMNS = 64
#: Packed outputs are padded to a multiple of this, so that vector loops have no remainder.
LANES = 16
#: Smallest influence that counts: the smallest float32 above 0.
SMALLEST = np.float32(1e-45)
#: Bounds are raised by this share of the kernel's absolute taps, which exceeds the rounding of any sum.
ROUNDING = 1e-5

#: Smallest and largest values, (images, channels), of the values of a batch.
KnownBounds = dict[tuple[str, tuple[int, int], bool], tuple[Tensor, Tensor]]
Top = tuple[NDArray[np.float32], NDArray[np.int64]]


def can_fuse(counted: CountedSum) -> bool:
    """Whether ``FusedSum`` counts this sum: no gates in it, and whole groups of its operators' outputs."""
    every = torch.arange(len(counted.rows))
    return all(
        not term.term.factors.gates
        and (term.term.mixing is None or term.term.mixing.groups == 1 or torch.equal(counted.rows, every))
        for term in counted.terms
    )


class FusedSum:
    """Counts the top influences on the channels of one sum; use within one thread.

    Args:
        counted: the sum.
        cells: the cells of its terms.
        number: how many influences of an output are counted.
        known: bounds of values that several sums read; to be emptied after each batch.
    """

    def __init__(self, counted: CountedSum, cells: SumCells, *, number: int, known: KnownBounds) -> None:
        self.number = number
        self.kept = counted.kept.numpy()
        self.shared = cells.shared
        pairs = zip(counted.terms, cells.terms, strict=True)
        self.terms = [_term(counted, *pair, known) for pair in pairs]
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
    counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds
) -> _Identity | _Products | _Convolution:
    if term.term.mixing is None:
        return _Identity(counted, term, cells, known)
    if is_pointwise(term.term.mixing):
        return _Products(counted, term, cells, known)
    return _Convolution(counted, term, cells, known)


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
        """Each input channel's smallest and largest value where the kernel reads it, (images, channels)."""
        stride = (1, 1) if self.term.mixing is None else self.term.mixing.stride
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
    """A 1x1 kernel; the products of negative values follow those of positive ones in a row."""

    def __init__(self, counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds) -> None:
        super().__init__(counted, term, cells, known)
        assert self.term.mixing is not None
        self.mixing = self.term.mixing
        weight = self.mixing.weight[self.rows, :, 0, 0] * self.factors[:, None]
        whole = weight if self.nonnegative else torch.cat([weight, -weight], dim=1)
        self.weight = padded_rows(whole.numpy())

    def insert(self, values: Values, start: int, kept: NDArray[np.bool_], top: Top) -> None:
        low, high = self.bounds(values)
        parts = [high.clamp_min(0)] if self.nonnegative else [high.clamp_min(0), -low.clamp_max(0)]
        for one in parts:
            one[:, self.missing] = 0
        images, groups = len(high), self.mixing.groups
        grouped = torch.cat([one.reshape(images, groups, -1) for one in parts], dim=2)
        rows = padded_rows(grouped.flatten(0, 1).numpy()).reshape(images, groups, -1)
        insert_products(rows, self.weight, kept, self.width, start, *top)


class _Convolution(_Term):
    def __init__(self, counted: CountedSum, term: CountedTerm, cells: TermCells, known: KnownBounds) -> None:
        super().__init__(counted, term, cells, known)
        assert self.term.mixing is not None
        self.mixing = self.term.mixing
        weight = self.mixing.weight[self.rows] * self.factors[:, None, None, None]
        self.taps, self.above, self.below = pack_taps(weight, self.mixing.groups)
        self.padded = PaddedMaps()

    def insert(self, values: Values, start: int, kept: NDArray[np.bool_], top: Top) -> None:
        planes = self.padded.pad(self.maps(values), self.mixing.padding)
        planes[:, self.missing] = 0
        insert_convolutions(
            planes.numpy(),
            self.taps,
            self.above,
            self.below,
            np.array([*self.mixing.stride, *self.mixing.dilation]),
            kept,
            self.width,
            start,
            *top,
        )


class PaddedMaps:
    """Pads maps with zeros into a buffer that is reused from batch to batch; use within one thread."""

    def __init__(self) -> None:
        self._buffer = torch.zeros(0)

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
        shape = (channels, height + top + bottom, width + left + right)
        if len(self._buffer) < images or self._buffer.shape[1:] != shape:
            self._buffer = torch.zeros(images, *shape)
        self._buffer[:images, :, top : top + height, left : left + width] = maps
        return self._buffer[:images]


def padded_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Append zeros for ``insert_products``: float32 (rows, length) -> (rows, a multiple of ``COLUMNS``)."""
    missing = -rows.shape[1] % COLUMNS
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing))))


def pack_taps(
    weight: Tensor, groups: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """A kernel in the layout of ``insert_convolutions``.

    Args:
        weight: float32 (outputs, inputs of a group, kh, kw).

    Returns:
        Taps, float32 (inputs, kh, kw, outputs of a group), and the sums of the positive taps and of the
        negative ones' absolute values, float32 (inputs, outputs of a group), raised by more than any rounding
        error.
    """
    outputs, width, *side = weight.shape
    grouped = weight.reshape(groups, outputs // groups, width, *side)
    taps = grouped.permute(0, 2, 3, 4, 1).reshape(groups * width, *side, -1).contiguous()
    bounds = [_bounds_of_taps(one) for one in taps]  # one input at a time: some kernels are hundreds of MB
    above, below = (torch.stack(part).numpy() for part in zip(*bounds, strict=True))
    return taps.numpy(), above, below


def _bounds_of_taps(taps: Tensor) -> tuple[Tensor, Tensor]:
    """Upper bounds of the positive taps' sum and of the negative ones', (outputs,), of (kh, kw, outputs)."""
    exact = taps.double()
    slack = ROUNDING * exact.abs().sum((0, 1))
    above, below = (one.clamp_min(0).sum((0, 1)) + slack for one in (exact, -exact))
    return above.float(), below.float()


@compiled
def insert_identities(found, start, kept, best, inputs):
    """Insert each output's own value.

    Args:
        found: float32 (images, outputs).
        start: number of the term's first candidate.
        kept, best, inputs: as in ``insert_products``.
    """
    for image in range(found.shape[0]):
        for output in range(found.shape[1]):
            if kept[output] and found[image, output] > 0:
                insert(best[image, output], inputs[image, output], found[image, output], start)


@compiled
def insert_products(largest, weight, kept, width, start, best, inputs):
    """Insert the top inputs of every output of a 1x1 convolution.

    Args:
        largest: float32 (images, groups, padded length): max z, and behind ``width`` values -min z, not
            negative.
        weight: float32 (outputs, padded length).
        kept: bool (outputs,), False for excluded outputs.
        width: inputs of a group.
        start: number of the term's first candidate.
        best: float32 (images, outputs, number), the largest influences so far, in descending order; changed.
        inputs: int64, the same shape, their candidates' numbers, -1 for none; changed.
    """
    columns, near = np.empty(COLUMNS, np.float32), np.empty(weight.shape[1], np.int64)
    per_group = weight.shape[0] // largest.shape[1]
    for output in range(weight.shape[0]):
        if kept[output]:
            row, group = weight[output], output // per_group
            for image in range(largest.shape[0]):
                z = largest[image, group]
                threshold = threshold_of(row, z, columns, best.shape[2])
                found = select_from(row, z, columns, threshold, near)
                for at in near[:found]:
                    insert(best[image, output], inputs[image, output], row[at] * z[at], start + at % width)


@compiled
def threshold_of(row, z, columns, number):
    """Fill ``columns`` with each column's largest product; return a lower bound for the top inputs' products.

    The bound is the ``number``-th largest of the column maxima, or less.
    """
    columns[:] = 0
    for first in range(0, row.shape[0], COLUMNS):
        weights, given = row[first : first + COLUMNS], z[first : first + COLUMNS]
        for column in range(COLUMNS):
            columns[column] = max(columns[column], weights[column] * given[column])
    threshold = np.float32(np.inf)
    for _ in range(number):
        below = np.float32(0)
        for column in range(COLUMNS):
            below = max(below, columns[column] if columns[column] < threshold else np.float32(0))
        threshold = below
    return max(threshold, SMALLEST)


@compiled
def select_from(row, z, columns, threshold, near):
    """Write the inputs whose products reach the threshold to ``near``; return their number."""
    found = 0
    for column in range(COLUMNS):
        if columns[column] >= threshold:
            for at in range(column, row.shape[0], COLUMNS):
                near[found] = at
                found += int(row[at] * z[at] >= threshold)
    return found


@compiled
def insert_convolutions(planes, taps, above, below, steps, kept, width, start, best, inputs):
    """Insert the top inputs of every output of a convolution.

    Args:
        planes: float32 (images, channels, H, W), with a border of zeros.
        taps: float32 (channels, kh, kw, outputs of a group).
        above, below: float32 (channels, outputs of a group): influence <= above times the plane's largest
            value plus below times the negative of its smallest.
        steps: int64 (4,): stride and dilation, downwards and across.
        kept, width, start, best, inputs: as in ``insert_products``.
    """
    tall, wide, outputs = taps.shape[1:]
    rows = (planes.shape[2] - steps[2] * (tall - 1) - 1) // steps[0] + 1
    columns = (planes.shape[3] - steps[3] * (wide - 1) - 1) // steps[1] + 1
    patches = np.empty((rows * columns, tall * wide), np.float32)
    packed = np.empty(tall * wide * (outputs + LANES), np.float32)
    found = np.empty(outputs + LANES, np.float32)
    chosen = np.empty(outputs, np.int64)
    for image in range(planes.shape[0]):
        low, high = bounds_of(planes[image])
        for channel in np.argsort(low - high):
            first = channel // width * outputs
            own = slice(first, first + outputs)
            values, numbers = best[image, own], inputs[image, own]
            weakest = values[:, values.shape[1] - 1]
            open_outputs = choose(
                above[channel], high[channel], below[channel], -low[channel], weakest, kept[own], chosen
            )
            if open_outputs == 0:
                continue
            kernel = pack(taps[channel].reshape((tall * wide, outputs)), chosen[:open_outputs], packed)
            some_zero, filled = gather(planes[image, channel], rows, columns, tall, wide, steps, patches)
            found[: kernel.shape[1]] = 0 if some_zero else -np.inf
            multiply(patches[:filled], kernel, found)
            candidate = start + channel % width
            for at in range(open_outputs):
                if found[at] >= weakest[chosen[at]]:
                    insert(values[chosen[at]], numbers[chosen[at]], found[at], candidate)


@compiled
def insert(values, inputs, value, at):
    """Insert a value into the descending list of largest values; ties by ascending number, 0 never."""
    last = values.shape[0] - 1
    if value < values[last] or (value == values[last] and at >= inputs[last]):
        return
    while last > 0 and (value > values[last - 1] or (value == values[last - 1] and at < inputs[last - 1])):
        values[last] = values[last - 1]
        inputs[last] = inputs[last - 1]
        last -= 1
    values[last] = value
    inputs[last] = at


@compiled
def add_found(inputs, starts, first, base, step, shared, counts):
    """Add 1 to the cell of each top input, once an image.

    Args:
        inputs: int64 (images, outputs, number), candidates; a negative one ends the list.
        starts: int64 (terms + 1,), the first candidate of each term.
        first: int64 (terms, outputs), the place in ``base`` of each output's first input.
        base, step: int64, the cell of output row ``r`` is ``base + r * step``.
        shared: whether two candidates may have the same cell.
        counts: int32 (cells,), added to.
    """
    cells = np.empty(inputs.shape[2], np.int64)
    for image in range(inputs.shape[0]):
        for output in range(inputs.shape[1]):
            for at, candidate in enumerate(inputs[image, output]):
                if candidate < 0:
                    break
                term = 0
                while starts[term + 1] <= candidate:
                    term += 1
                place = first[term, output] + candidate - starts[term]
                cells[at] = base[place] + output * step[place]
                if not shared or not (cells[:at] == cells[at]).any():
                    counts[cells[at]] += 1


@compiled
def bounds_of(planes):
    """The smallest value of each plane, or 0 where it is above, and the largest; float32 (planes,)."""
    low, high = np.zeros(planes.shape[0], np.float32), np.empty(planes.shape[0], np.float32)
    for plane in range(planes.shape[0]):
        least, most = np.float32(0), np.float32(0)
        for y in range(planes.shape[1]):
            for x in range(planes.shape[2]):
                least = min(least, planes[plane, y, x])
                most = max(most, planes[plane, y, x])
        low[plane], high[plane] = least, most
    return low, high


@compiled
def choose(above, high, below, low, weakest, kept, chosen):
    """Write the outputs to ``chosen`` whose top inputs this channel may enter; return their number."""
    found = 0
    if low == 0:
        for output in range(above.shape[0]):
            if kept[output] and above[output] * high > weakest[output]:
                chosen[found] = output
                found += 1
        return found
    for output in range(above.shape[0]):
        if kept[output] and above[output] * high + below[output] * low > weakest[output]:
            chosen[found] = output
            found += 1
    return found


@compiled
def pack(taps, chosen, packed):
    """The chosen outputs' taps, float32 (taps, lanes), with zeros in the remaining lanes; in ``packed``."""
    lanes = (chosen.shape[0] + LANES - 1) // LANES * LANES
    kernel = packed[: taps.shape[0] * lanes].reshape((taps.shape[0], lanes))
    for tap in range(kernel.shape[0]):
        for at in range(chosen.shape[0]):
            kernel[tap, at] = taps[tap, chosen[at]]
        kernel[tap, chosen.shape[0] :] = 0
    return kernel


@compiled
def gather(plane, rows, columns, tall, wide, steps, patches):
    """Copy the patches that are not all zero; return whether any is all zero, and their number."""
    down, across, dilated_down, dilated_across = steps[0], steps[1], steps[2], steps[3]
    if down == across == dilated_down == dilated_across == 1:  # the compiler makes more of it
        return gather_dense(plane, rows, columns, tall, wide, patches)
    found, some_zero = 0, False
    for y in range(rows):
        top = y * down
        for x in range(columns):
            left = x * across
            total = np.float32(0)
            for row in range(tall):
                for column in range(wide):
                    value = plane[top + row * dilated_down, left + column * dilated_across]
                    patches[found, row * wide + column] = value
                    total += abs(value)
            if total > 0:
                found += 1
            else:
                some_zero = True
    return some_zero, found


@compiled
def gather_dense(plane, rows, columns, tall, wide, patches):
    """``gather`` with a stride and dilation of 1."""
    found, some_zero = 0, False
    for y in range(rows):
        for x in range(columns):
            total = np.float32(0)
            for row in range(tall):
                for column in range(wide):
                    value = plane[y + row, x + column]
                    patches[found, row * wide + column] = value
                    total += abs(value)
            if total > 0:
                found += 1
            else:
                some_zero = True
    return some_zero, found


@compiled
def multiply(patches, kernel, best):
    """best[o] = max(best[o], patch · kernel[:, o]) over all patches."""
    if kernel.shape[0] == 9:
        multiply_9(patches, kernel, best)
    elif kernel.shape[0] == 25:
        multiply_25(patches, kernel, best)
    else:
        multiply_any(patches, kernel, best)


@compiled
def multiply_9(patches, kernel, best):
    """``multiply`` for patches of 9.

    Four patches share one load of the weights. The last group repeats the last patch: no maximum changes.
    """
    last = patches.shape[0] - 1
    for at in range(0, patches.shape[0], 4):
        p0, p1 = patches[at], patches[min(at + 1, last)]
        p2, p3 = patches[min(at + 2, last)], patches[min(at + 3, last)]
        for output in range(kernel.shape[1]):
            a0 = a1 = a2 = a3 = np.float32(0)
            for tap in range(9):
                weight = kernel[tap, output]
                a0 += weight * p0[tap]
                a1 += weight * p1[tap]
                a2 += weight * p2[tap]
                a3 += weight * p3[tap]
            best[output] = max(best[output], max(max(a0, a1), max(a2, a3)))


@compiled
def multiply_25(patches, kernel, best):
    """``multiply`` for patches of 25, one at a time: their taps already fill the registers."""
    for at in range(patches.shape[0]):
        patch = patches[at]
        for output in range(kernel.shape[1]):
            total = np.float32(0)
            for tap in range(25):
                total += kernel[tap, output] * patch[tap]
            best[output] = max(best[output], total)


@compiled
def multiply_any(patches, kernel, best):
    """``multiply`` for patches of any size, not optimized."""
    for at in range(patches.shape[0]):
        patch = patches[at]
        for output in range(kernel.shape[1]):
            total = np.float32(0)
            for tap in range(kernel.shape[0]):
                total += kernel[tap, output] * patch[tap]
            best[output] = max(best[output], total)
