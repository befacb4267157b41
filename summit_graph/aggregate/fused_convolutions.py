"""Top inputs of the outputs of a convolution whose kernel is not 1x1, on one CPU core.

Most products are never computed, because bounds show that they cannot change a list of top inputs:

1. An influence is at most ``above`` (the sum of the kernel's positive taps) times the map's largest value,
   plus ``below`` (of the negative taps) times the negative of its smallest. It is also at most the kernel's
   norm times the largest norm of a patch. An output is skipped if its threshold, which is its smallest top
   influence so far, reaches one of the two.
2. Inputs are visited in descending order of their largest value, so that thresholds rise early. Before, the
   patches of largest norm of a large map give lower bounds, and thereby thresholds to start with.
3. For the other outputs, only patches count whose norm times the kernel's exceeds the threshold. The taps are
   packed, one output per vector lane, and multiplied with every patch that counts for one of the outputs.

What is left out is below the threshold. Only influences above 0 count, so each running maximum starts at 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.top_inputs import insert
from summit_graph.model.cpu_layers import compiled

#: Packed outputs are padded to a multiple of this, so that vector loops have no remainder.
LANES = 16
#: Kernels that are larger are read once for all images, not once for each image.
LARGE_KERNEL = 4 << 20
#: Kernels from this size on are not copied into the order in which they are read.
HUGE_KERNEL = 64 << 20
#: Maps with fewer positions have no lower bounds from a few patches.
MANY_POSITIONS = 1024
#: A map is divided into this many parts; the patch of largest norm of each gives a lower bound.
PARTS = 4
#: Bounds are raised by this share of the kernel's absolute taps or norm, which exceeds any sum's rounding.
ROUNDING = 1e-5
#: Added to the sum of a patch's squares, which may be too small for float32.
TINY = np.float32(1e-37)


class KernelTaps(NamedTuple):
    """A convolution's kernel with its bounds.

    Attributes:
        taps: float32 (inputs, outputs of a group, taps).
        above, below: float32 (inputs, outputs of a group), the sums of the positive taps and of the negative
            ones' absolute values. ``below`` is empty if maps are not negative.
        norm: float32, the same shape, the root of the sum of the squares of the taps; of the positive ones if
            maps are not negative.
    """

    taps: NDArray[np.float32]
    above: NDArray[np.float32]
    below: NDArray[np.float32]
    norm: NDArray[np.float32]

    @classmethod
    def of(cls, weight: Tensor, groups: int = 1, *, nonnegative: bool) -> KernelTaps:
        """From a weight, float32 (outputs, inputs of a group, kh, kw)."""
        outputs, width = weight.shape[:2]
        grouped = weight.reshape(groups, outputs // groups, width, -1).transpose(1, 2)
        taps = grouped.reshape(groups * width, outputs // groups, -1)
        if taps.nbytes < HUGE_KERNEL:
            taps = taps.contiguous()
        bounds = [_bounds_of(one, nonnegative=nonnegative) for one in taps]  # some kernels are hundreds of MB
        return cls(taps.numpy(), *(torch.stack(part).float().numpy() for part in zip(*bounds, strict=True)))


def _bounds_of(taps: Tensor, *, nonnegative: bool) -> tuple[Tensor, Tensor, Tensor]:
    """``above``, ``below`` and ``norm`` of an input's taps (outputs, taps), raised by ``ROUNDING``."""
    exact = taps.double()
    slack = ROUNDING * exact.abs().sum(1)
    above, below = (one.clamp_min(0).sum(1) + slack for one in (exact, -exact))
    useful = exact.clamp_min(0) if nonnegative else exact
    norm = useful.square().sum(1).sqrt() + ROUNDING * exact.square().sum(1).sqrt()
    return above, below[:0] if nonnegative else below, norm


class Grid(NamedTuple):
    """Where patches are in a flat plane.

    Attributes:
        places: int64 (positions,), of patches.
        offsets: int64 (kh, kw), of taps in a patch.
    """

    places: NDArray[np.int64]
    offsets: NDArray[np.int64]


class Buffers(NamedTuple):
    """Memory that is used again for each input.

    Attributes:
        whole, lines: float32 (size of a plane,).
        squares: float32 (positions,), the sum of each patch's squares.
        patches: float32 (positions, taps).
        near: int64 (positions,), numbers of patches.
        chosen: int64 (outputs of a group,), numbers of outputs.
        needed: float32 (outputs of a group,), what a patch's sum of squares must exceed for an output.
        kernel: float32 (taps · lanes,), of the chosen outputs.
        found: float32 (lanes,), their maxima.
    """

    whole: NDArray[np.float32]
    lines: NDArray[np.float32]
    squares: NDArray[np.float32]
    patches: NDArray[np.float32]
    near: NDArray[np.int64]
    chosen: NDArray[np.int64]
    needed: NDArray[np.float32]
    kernel: NDArray[np.float32]
    found: NDArray[np.float32]


@compiled
def insert_convolutions(planes, low, high, kernel, side, steps, kept, width, start, best, inputs):
    """Insert the top inputs of every output of a convolution.

    Args:
        planes: float32 (images, channels, H, W), with a border of zeros.
        low, high: float32 (images, channels), bounds of the planes' values; low <= 0 <= high.
        kernel: ``KernelTaps``.
        side: (kh, kw).
        steps: int64 (4,): stride and dilation, downwards and across.
        kept: bool (outputs,), False for excluded outputs.
        width: inputs of a group.
        start: number of the term's first candidate.
        best: float32 (images, outputs, number), the largest influences so far, in descending order; changed.
        inputs: int64, the same shape, their candidates' numbers, -1 for none; changed.
    """
    outputs = kernel.taps.shape[1]
    flat = planes.reshape((planes.shape[0], planes.shape[1], planes.shape[2] * planes.shape[3]))
    grid = grid_of(planes.shape[2:], side, steps)
    buffers = buffers_for(flat.shape[2], grid, outputs)
    thresholds = thresholds_of(best, kept)
    if grid.places.size >= MANY_POSITIONS:
        raise_thresholds(flat, high, kernel.taps, grid, width, best.shape[2], buffers, thresholds)
    for image, channel in visits_of(high, kernel.taps.nbytes > LARGE_KERNEL):
        own = slice(channel // width * outputs, channel // width * outputs + outputs)
        mine, plane = thresholds[image, own], flat[image, channel]
        bounds = kernel.above[channel], kernel.below[channel]
        count = choose(bounds, high[image, channel], -low[image, channel], mine, buffers.chosen)
        if count > 0:
            largest = add_squares(plane, grid, buffers)
            count = narrow(kernel.norm[channel], largest, mine, count, buffers)
        if count > 0:
            convolve(plane, kernel.taps[channel], grid, count, buffers)
            insert_found(buffers, count, start + channel % width, best[image, own], inputs[image, own], mine)


@compiled
def visits_of(high, together):
    """Images and channels in the order of visits, int64 (visits, 2).

    Channels are in descending order of their largest value, in each image or for all images together.
    """
    images, channels = high.shape
    visits = np.empty((images * channels, 2), np.int64)
    shared = np.argsort(-high.sum(axis=0))
    for image in range(images):
        order = shared if together else np.argsort(-high[image])
        for at in range(channels):
            place = at * images + image if together else image * channels + at
            visits[place, 0], visits[place, 1] = image, order[at]
    return visits


@compiled
def grid_of(shape, side, steps):
    """The places of patches and taps in a flat plane."""
    rows = (shape[0] - steps[2] * (side[0] - 1) - 1) // steps[0] + 1
    columns = (shape[1] - steps[3] * (side[1] - 1) - 1) // steps[1] + 1
    places, offsets = np.empty(rows * columns, np.int64), np.empty(side, np.int64)
    for at in range(places.size):
        places[at] = at // columns * steps[0] * shape[1] + at % columns * steps[1]
    for row in range(side[0]):
        for column in range(side[1]):
            offsets[row, column] = row * steps[2] * shape[1] + column * steps[3]
    return Grid(places, offsets)


@compiled
def buffers_for(size, grid, outputs):
    """Empty memory for planes of that size."""
    positions, taps, lanes = grid.places.size, grid.offsets.size, outputs + LANES
    return Buffers(
        np.empty(size, np.float32),
        np.empty(size, np.float32),
        np.empty(positions, np.float32),
        np.empty((positions, taps), np.float32),
        np.empty(positions, np.int64),
        np.empty(outputs, np.int64),
        np.empty(outputs, np.float32),
        np.zeros(taps * lanes, np.float32),
        np.empty(lanes, np.float32),
    )


@compiled
def thresholds_of(best, kept):
    """What an influence on each output must exceed, float32 (images, outputs); infinity if it is excluded."""
    found = best[:, :, best.shape[2] - 1].copy()
    for output in range(kept.size):
        if not kept[output]:
            found[:, output] = np.inf
    return found


@compiled
def raise_thresholds(planes, high, taps, grid, width, number, buffers, thresholds):
    """Raise thresholds to just below the lower bounds that a few patches of each plane give."""
    outputs, positions = taps.shape[1], grid.places.size
    lower = np.zeros((*thresholds.shape, number), np.float32)
    numbers = np.zeros((*thresholds.shape, number), np.int64)
    every, tops = np.arange(outputs), np.empty(PARTS, np.int64)
    for channel in range(planes.shape[1]):
        kernel = pack(taps[channel], every, buffers.kernel)
        for image in range(planes.shape[0]):
            if high[image, channel] == 0:
                continue
            add_squares(planes[image, channel], grid, buffers)
            for part in range(PARTS):
                first, behind = part * positions // PARTS, (part + 1) * positions // PARTS
                tops[part] = place_of_largest(buffers.squares, first, behind)
            gather(planes[image, channel], grid, tops, buffers.patches)
            buffers.found[:] = 0
            multiply(buffers.patches[:PARTS], kernel, buffers.found)
            for output in range(outputs):
                value, place = buffers.found[output], channel // width * outputs + output
                if value > lower[image, place, number - 1]:
                    insert(lower[image, place], numbers[image, place], value, channel)
    for image in range(planes.shape[0]):
        for output in range(thresholds.shape[1]):
            bound = lower[image, output, number - 1] * np.float32(1 - ROUNDING)
            thresholds[image, output] = max(thresholds[image, output], bound)


@compiled
def add_squares(plane, grid, buffers):
    """Write the sum of each patch's squares to ``squares``; return the largest norm, 0 for an empty plane."""
    whole, lines, squares = buffers.whole, buffers.lines, buffers.squares
    for at in range(plane.size):
        whole[at] = lines[at] = plane[at] * plane[at]
    for column in range(1, grid.offsets.shape[1]):
        add_shifted(lines, whole, grid.offsets[0, column])
    whole[:] = lines
    for row in range(1, grid.offsets.shape[0]):
        add_shifted(whole, lines, grid.offsets[row, 0])
    for at in range(squares.size):
        squares[at] = whole[grid.places[at]] + TINY
    return np.sqrt(squares[place_of_largest(squares, 0, squares.size)])


@compiled
def add_shifted(total, part, shift):
    """Add to each value the one that far behind it, where there is one."""
    moved = part[shift:]
    for at in range(moved.size):
        total[at] += moved[at]


@compiled
def place_of_largest(values, first, behind):
    """Of values above 0, which have the same order as integers, whose maximum is vectorized."""
    bits = values.view(np.int32)
    most = np.int32(0)
    for at in range(first, behind):
        most = max(most, bits[at])
    place = first
    while bits[place] < most:
        place += 1
    return place


@compiled
def choose(bounds, high, low, thresholds, chosen):
    """Write the outputs whose top inputs a plane with these bounds may enter; return their number."""
    above, below = bounds
    found = 0
    if low == 0:
        for output in range(above.size):
            chosen[found] = output
            found += int(above[output] * high > thresholds[output])
        return found
    for output in range(above.size):
        chosen[found] = output
        found += int(above[output] * high + below[output] * low > thresholds[output])
    return found


@compiled
def narrow(norm, largest, thresholds, count, buffers):
    """Keep the chosen outputs that a patch of the largest norm may change, with what they need."""
    chosen, needed = buffers.chosen, buffers.needed
    found = 0
    for output in chosen[:count]:
        share = thresholds[output] / norm[output] * np.float32(1 - ROUNDING)
        needed[output] = share * share
        chosen[found] = output
        found += int(share < largest)
    return found


@compiled
def convolve(plane, taps, grid, count, buffers):
    """Write the chosen outputs' maxima over the patches that matter to one of them to ``found``."""
    chosen, needed = buffers.chosen[:count], buffers.needed
    least = needed[chosen[0]]
    for output in chosen:
        least = min(least, needed[output])
    near = near_patches(buffers.squares, least, buffers.near)
    gather(plane, grid, near, buffers.patches)
    kernel = pack(taps, chosen, buffers.kernel)
    buffers.found[: kernel.shape[1]] = 0
    multiply(buffers.patches[: near.size], kernel, buffers.found)


@compiled
def near_patches(squares, least, near):
    """The patches whose sum of squares exceeds ``least``; written to ``near``."""
    found = 0
    for at in range(squares.size):
        near[found] = at
        found += int(squares[at] > least)
    return near[:found]


@compiled
def gather(plane, grid, numbers, patches):
    """Copy the patches of these numbers."""
    offsets = grid.offsets.reshape(-1)
    for at in range(numbers.size):
        place, patch = grid.places[numbers[at]], patches[at]
        for tap in range(offsets.size):
            patch[tap] = plane[place + offsets[tap]]


@compiled
def pack(taps, outputs, packed):
    """The outputs' taps, float32 (taps, lanes); what is in the remaining lanes does not matter."""
    lanes = (outputs.size + LANES - 1) // LANES * LANES
    kernel = packed[: taps.shape[1] * lanes].reshape((taps.shape[1], lanes))
    for at in range(outputs.size):
        own = taps[outputs[at]]
        for tap in range(own.size):
            kernel[tap, at] = own[tap]
    return kernel


@compiled
def insert_found(buffers, count, candidate, best, inputs, thresholds):
    """Insert the chosen outputs' maxima and raise the thresholds."""
    for at in range(count):
        output, value = buffers.chosen[at], buffers.found[at]
        if value >= thresholds[output]:
            insert(best[output], inputs[output], value, candidate)
            thresholds[output] = max(thresholds[output], best[output, best.shape[1] - 1])


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
