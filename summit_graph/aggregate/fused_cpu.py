"""Exact influences on one CPU core, in less time than a forward pass; the counts are those of ``reference``.

No map is stored. For every image and convolution:

1. 1x1 kernels: an output's products max(w, 0) · max z are arranged in 64 columns. The fifth largest column
   maximum is a lower bound of the fifth largest product, so only a few columns are searched.
2. 3x3 and 5x5 kernels: bottlenecks are visited in descending order of their largest value. That value times
   the sum of the kernel's positive taps is an upper bound of the influence, so outputs whose current top
   inputs all exceed the bound are skipped (about four of five). For the others the taps are packed, one
   output per vector lane. Every patch that is not all zero is multiplied with them, and the running maximum
   is kept. All-zero patches contribute 0 to the maximum.
3. Counts are added to the class's buffers directly. Ties go to the lower index.

The order of summation differs from torch's, so values that tie within rounding may be counted differently.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.buffers import CountBuffers, Hop
from summit_graph.aggregate.kernel_inputs import (
    PaddedMaps,
    hop_weight,
    kept_outputs,
    largest_inputs,
)
from summit_graph.model.architecture import InceptionV1, MixedMaps
from summit_graph.model.cpu_layers import compiled
from summit_graph.records import Parameters

#: A row of products is treated as a matrix with this many columns; rows are padded to a multiple of it.
COLUMNS = 64
#: Packed outputs are padded to a multiple of this, so that vector loops have no remainder.
LANES = 16
#: Smallest influence that counts: the smallest float32 above 0.
SMALLEST = np.float32(1e-45)
#: Bounds are raised by this share of the kernel's absolute taps, which exceeds the rounding of any sum.
ROUNDING = 1e-5


class FusedInfluences:
    """Counts influences with packed weights and reused buffers; use within one thread."""

    def __init__(self, model: InceptionV1, parameters: Parameters, hops: tuple[Hop, ...]) -> None:
        self.parameters = parameters
        self._kept = {hop: kept_outputs(hop, parameters).numpy() for hop in hops}
        self._packed: dict[Hop, Any] = {hop: _packed(model, hop) for hop in hops}
        self._padded = PaddedMaps()

    def count(self, maps: MixedMaps, buffers: CountBuffers) -> None:
        """Add each image's top influences on one mixed layer to ``buffers``."""
        largest = padded_rows(largest_inputs(maps, self.parameters).numpy())
        number = self.parameters.top_influences
        for hop in buffers.layout.hops_of(maps.name):
            counts, kept = buffers.hop(hop).numpy(), self._kept[hop]
            if hop.stage == "expand":
                taps, bounds = self._packed[hop]
                planes = self._padded.pad(hop, maps.bottlenecks[hop.branch], taps.shape[1] // 2)
                count_expand(planes.numpy(), taps, bounds, kept, number, counts)
            else:
                count_products(largest, self._packed[hop], kept, number, counts)


def padded_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Append zeros for ``count_products``: float32 (rows, length) -> (rows, a multiple of ``COLUMNS``)."""
    missing = -rows.shape[1] % COLUMNS
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing))))


def pack_taps(weight: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A kernel in the layout of ``count_expand``.

    Args:
        weight: float32 (outputs, inputs, k, k).

    Returns:
        Taps, float32 (inputs, k, k, outputs), and bounds, float32 (inputs, outputs): the sum of the positive
        taps, raised by more than any rounding error.
    """
    taps = weight.permute(1, 2, 3, 0).contiguous()
    exact = taps.double()
    bounds = exact.clamp_min(0).sum((1, 2)) + ROUNDING * exact.abs().sum((1, 2))
    return taps.numpy(), bounds.float().numpy()


def _packed(model: InceptionV1, hop: Hop) -> Any:
    weight = hop_weight(model, hop)
    return pack_taps(weight) if hop.stage == "expand" else padded_rows(weight.numpy())


@compiled
def count_products(largest, weight, kept, number, counts):
    """Count the top inputs of every output of a 1x1 convolution.

    Args:
        largest: float32 (images, padded inputs): max z.
        weight: float32 (outputs, padded inputs).
        kept: bool (outputs,), False for excluded outputs.
        number: maximum number of inputs that an output counts.
        counts: int32 (outputs, inputs), added to.
    """
    values, inputs = np.empty(number, np.float32), np.empty(number, np.int64)
    columns, near = np.empty(COLUMNS, np.float32), np.empty(weight.shape[1], np.int64)
    for output in range(weight.shape[0]):
        if kept[output]:
            row, row_counts = weight[output], counts[output]
            for image in range(largest.shape[0]):
                z = largest[image]
                threshold = threshold_of(row, z, columns, number)
                found = select_from(row, z, columns, threshold, near)
                if found > number:
                    values[:] = 0
                    inputs[:] = -1
                    for at in near[:found]:
                        insert(values, inputs, row[at] * z[at], at)
                    add(row_counts, inputs)
                else:
                    add(row_counts, near[:found])


@compiled
def threshold_of(row, z, columns, number):
    """Fill ``columns`` with each column's largest product; return a lower bound for the top inputs' products.

    The bound is the ``number``-th largest of the column maxima, or less.
    """
    columns[:] = 0
    for start in range(0, row.shape[0], COLUMNS):
        weights, given = row[start : start + COLUMNS], z[start : start + COLUMNS]
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
def count_expand(planes, taps, bounds, kept, number, counts):
    """Count the top bottlenecks of every output of a convolution with a square kernel of odd side k.

    Args:
        planes: float32 (images, bottlenecks, H + k - 1, W + k - 1), not negative, with a border of zeros.
        taps: float32 (bottlenecks, k, k, outputs).
        bounds: float32 (bottlenecks, outputs): influence <= bound times the plane's largest value.
        kept, number, counts: as in ``count_products``.
    """
    outputs = bounds.shape[1]
    side = taps.shape[1]
    positions = (planes.shape[2] - side + 1) * (planes.shape[3] - side + 1)
    patches = np.empty((positions, side * side), np.float32)
    packed = np.empty(side * side * (outputs + LANES), np.float32)
    best = np.empty(outputs + LANES, np.float32)
    chosen = np.empty(outputs, np.int64)
    values, inputs = np.empty((outputs, number), np.float32), np.empty((outputs, number), np.int64)
    for image in range(planes.shape[0]):
        values[:] = 0
        inputs[:] = -1
        strength = largest_of(planes[image])
        for bottleneck in np.argsort(-strength):
            open_outputs = choose(bounds[bottleneck], strength[bottleneck], values, kept, chosen)
            if open_outputs == 0:
                continue
            lanes = (open_outputs + LANES - 1) // LANES * LANES
            kernel = packed[: side * side * lanes].reshape((side * side, lanes))
            pack(taps[bottleneck].reshape((side * side, outputs)), chosen[:open_outputs], kernel)
            found, some_zero = gather(planes[image, bottleneck], side, patches)
            best[:lanes] = 0 if some_zero else -np.inf
            multiply(patches[:found], kernel, best)
            insert_all(values, inputs, chosen[:open_outputs], best, bottleneck)
        for output in range(outputs):
            add(counts[output], inputs[output])


@compiled
def insert_all(values, inputs, chosen, best, at):
    """Insert one input's influences on the chosen outputs into their lists of largest values."""
    for place in range(chosen.shape[0]):
        output = chosen[place]
        if best[place] >= values[output, -1]:
            insert(values[output], inputs[output], best[place], at)


@compiled
def insert(values, inputs, value, at):
    """Insert a value into the descending list of largest values; ties by ascending index, 0 never."""
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
def add(counts, inputs):
    """Add 1 for each input; a negative input ends the list."""
    for at in inputs:
        if at < 0:
            break
        counts[at] += 1


@compiled
def largest_of(planes):
    """The largest value of each plane, float32 (planes,)."""
    largest = np.zeros(planes.shape[0], np.float32)
    for plane in range(planes.shape[0]):
        best = np.float32(0)
        for y in range(planes.shape[1]):
            for x in range(planes.shape[2]):
                best = max(best, planes[plane, y, x])
        largest[plane] = best
    return largest


@compiled
def choose(bounds, strength, values, kept, chosen):
    """Write the outputs to ``chosen`` whose top inputs this bottleneck may enter; return their number."""
    found = 0
    for output in range(bounds.shape[0]):
        if kept[output] and bounds[output] * strength > values[output, -1]:
            chosen[found] = output
            found += 1
    return found


@compiled
def pack(taps, chosen, kernel):
    """Copy the chosen outputs' taps to ``kernel``, (taps, lanes), with zeros in the remaining lanes."""
    for tap in range(kernel.shape[0]):
        for at in range(chosen.shape[0]):
            kernel[tap, at] = taps[tap, chosen[at]]
        kernel[tap, chosen.shape[0] :] = 0


@compiled
def gather(plane, side, patches):
    """Copy the patches that are not all zero; return their number, and whether any patch is all zero."""
    found, some_zero = 0, False
    for y in range(plane.shape[0] - side + 1):
        for x in range(plane.shape[1] - side + 1):
            total = np.float32(0)
            for row in range(side):
                for column in range(side):
                    value = plane[y + row, x + column]
                    patches[found, row * side + column] = value
                    total += value
            if total > 0:
                found += 1
            else:
                some_zero = True
    return found, some_zero


@compiled
def multiply(patches, kernel, best):
    """best[o] = max(best[o], patch · kernel[:, o]) over the patches."""
    if kernel.shape[0] == 9:
        multiply_9(patches, kernel, best)
    elif kernel.shape[0] == 25:
        multiply_25(patches, kernel, best)
    else:
        multiply_any(patches, kernel, best)


@compiled
def multiply_9(patches, kernel, best):
    """The product of patches of 9.

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
    """The same for patches of 25, one at a time: their taps already fill the registers."""
    for at in range(patches.shape[0]):
        patch = patches[at]
        for output in range(kernel.shape[1]):
            total = np.float32(0)
            for tap in range(25):
                total += kernel[tap, output] * patch[tap]
            best[output] = max(best[output], total)


@compiled
def multiply_any(patches, kernel, best):
    """The same for patches of any size, not optimized."""
    for at in range(patches.shape[0]):
        patch = patches[at]
        for output in range(kernel.shape[1]):
            total = np.float32(0)
            for tap in range(kernel.shape[0]):
                total += kernel[tap, output] * patch[tap]
            best[output] = max(best[output], total)
