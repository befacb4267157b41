"""Triton kernels that ``fused_gpu`` counts influences with, and the functions that launch them.

1. ``largest_sums``: a program handles one input channel of one image and a tile of outputs. The taps of
   the tile stay in registers. It iterates over the positions, several of a row at a time, sums their taps by
   float32 multiply-adds (not TF32) and keeps the running maximum, so no map is stored.
2. ``largest_products``: 1x1 kernels in closed form, a row of products a program.
3. ``count_largest``: the largest influence of a row is selected ``number`` times, ties going to the lowest
   candidate, and counted by an atomic addition. Integer additions commute, so counts are deterministic.

None waits for the GPU.
"""

# ruff: noqa: RUF005 (Triton before 3.4 concatenates tuples but does not unpack them)
from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

#: Positions of a row that a program sums at once; fewer in narrow maps.
POSITIONS, FEWEST_POSITIONS = 8, 4
#: Outputs of a program: 4 for each of the 32 threads at most, as far as their taps fit into registers.
OUTPUTS, FEWEST_OUTPUTS = 128, 32
#: Most values that a thread keeps in registers: the taps and the sums of its outputs.
REGISTERS = 160
#: Products that a program computes at once.
PRODUCTS = 1024
#: Candidates of a row that one warp selects from.
WARP_CANDIDATES = 2048


@dataclass(frozen=True)
class Window:
    """How a convolution moves over a map: sides, strides and dilations, each (down, across)."""

    sides: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)

    @property
    def taps(self) -> int:
        return self.sides[0] * self.sides[1]

    def positions(self, padded: tuple[int, int]) -> tuple[int, int]:
        """The height and width of its output on a padded map of this height and width."""
        down, across = (
            (size - (side - 1) * dilation - 1) // stride + 1
            for size, side, stride, dilation in zip(
                padded, self.sides, self.strides, self.dilations, strict=True
            )
        )
        return down, across


def can_sum(window: Window) -> bool:
    """Whether the taps of the smallest tile of outputs fit into registers."""
    return window.taps + FEWEST_POSITIONS <= REGISTERS


def largest_sums(
    planes: Tensor, taps: Tensor, window: Window, found: Tensor, factors: Tensor | None = None
) -> None:
    """The largest value of every single-channel convolution.

    Args:
        planes: float32 (images, inputs, padded height, padded width), contiguous.
        taps: float32 (inputs, taps, outputs of a group), contiguous; each group reads the inputs after those
            of the group before it.
        window: of the convolution.
        found: float32 (images, outputs, inputs of a group), contiguous along the last dimension; written.
        factors: float32 (images, outputs), contiguous: what the kernels are multiplied by.
    """
    images, inputs = planes.shape[:2]
    per_group = taps.shape[2]
    height, width = window.positions((planes.shape[2], planes.shape[3]))
    at_once = _positions(width)
    tile = _tile(per_group, window.taps, at_once)
    keep_largest_sums[images * inputs, triton.cdiv(per_group, tile)](
        planes,
        taps,
        found if factors is None else factors,
        found,
        inputs,
        found.shape[2],
        per_group,
        height,
        width,
        planes.shape[2] * planes.shape[3],
        planes.shape[3],
        found.stride(0),
        found.stride(1),
        TALL=window.sides[0],
        WIDE=window.sides[1],
        DOWN=window.strides[0],
        ACROSS=window.strides[1],
        DOWN_DILATION=window.dilations[0],
        ACROSS_DILATION=window.dilations[1],
        POSITIONS=at_once,
        OUTPUTS=tile,
        FACTORED=factors is not None,
        num_warps=1,
    )


def _positions(width: int) -> int:
    """How many positions of a row are summed at once: the number that repeats the fewest."""
    if width <= FEWEST_POSITIONS:
        return width
    return min(
        range(FEWEST_POSITIONS, min(POSITIONS, width) + 1), key=lambda at: (triton.cdiv(width, at) * at, -at)
    )


def _tile(outputs: int, taps: int, positions: int) -> int:
    """How many outputs a program handles: the number that leaves the fewest unused."""
    tiles = [FEWEST_OUTPUTS]
    while tiles[-1] < OUTPUTS and tiles[-1] * 2 // FEWEST_OUTPUTS * (taps + positions) <= REGISTERS:
        tiles.append(tiles[-1] * 2)
    return min(tiles, key=lambda tile: (triton.cdiv(outputs, tile) * tile, -tile))


def largest_products(
    low: Tensor, high: Tensor, weight: Tensor, found: Tensor, *, signed: bool, factors: Tensor | None = None
) -> None:
    """The influences of 1x1 kernels: the larger of w · min z and w · max z.

    Args:
        low, high: float32 (images, inputs), contiguous: min z and max z; without ``signed`` no value is
            below 0, and max(w, 0) · max z is computed.
        weight: float32 (outputs, inputs of a group), contiguous.
        found, factors: as in ``largest_sums``.
    """
    outputs, width = weight.shape
    block = min(PRODUCTS, triton.next_power_of_2(width))
    keep_products[outputs, len(high)](
        low,
        high,
        weight,
        found if factors is None else factors,
        found,
        high.shape[1],
        width,
        outputs // (high.shape[1] // width),
        found.stride(0),
        found.stride(1),
        SIGNED=signed,
        FACTORED=factors is not None,
        BLOCK=block,
        num_warps=max(1, block // 256),
    )


def count_largest(influences: Tensor, cells: Tensor, counts: Tensor, *, number: int, shared: bool) -> None:
    """Count the largest influences above 0 of each output of each image.

    Args:
        influences: float32 (images, outputs, candidates), contiguous.
        cells: int32 (outputs, candidates), contiguous: the cell of each candidate, -1 if it is not counted.
        counts: int32 (cells,), added to.
        number: how many candidates of an output are counted.
        shared: whether candidates of an output may have the same cell, which then is counted once.
    """
    images, outputs, candidates = influences.shape
    lanes = triton.next_power_of_2(candidates)
    add_largest[outputs, images](
        influences,
        cells,
        counts,
        candidates,
        NUMBER=min(number, candidates),
        CANDIDATES=lanes,
        SEEN=triton.next_power_of_2(number),
        SHARED=shared,
        num_warps=max(1, min(8, lanes // WARP_CANDIDATES)),
    )


@triton.jit
def keep_largest_sums(
    planes,
    taps,
    factors,
    found,
    inputs,
    width,
    outputs,
    height,
    across,
    plane_size,
    plane_width,
    image_stride,
    output_stride,
    TALL: tl.constexpr,
    WIDE: tl.constexpr,
    DOWN: tl.constexpr,
    ACROSS: tl.constexpr,
    DOWN_DILATION: tl.constexpr,
    ACROSS_DILATION: tl.constexpr,
    POSITIONS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    FACTORED: tl.constexpr,
):
    """One input channel of one image and one tile of its group's outputs; grid (images · inputs, tiles).

    The last positions of a row are shifted to the left to be inside; a repeated position does not change the
    maximum. The values of a row are loaded once for all positions that read them.
    """
    plane = tl.program_id(0)
    image, number = plane // inputs, plane % inputs
    output = tl.program_id(1) * OUTPUTS + tl.arange(0, OUTPUTS)
    there = output < outputs
    row = number // width * outputs + output
    first_tap = taps + number.to(tl.int64) * (TALL * WIDE) * outputs + output
    weights = ()
    for tap in tl.static_range(TALL * WIDE):
        weights = weights + (tl.load(first_tap + tap * outputs, mask=there, other=0.0),)
    if FACTORED:
        scale = tl.load(factors + image * (inputs // width * outputs) + row, mask=there, other=0.0)
        scaled = ()
        for tap in tl.static_range(TALL * WIDE):
            scaled = scaled + (weights[tap] * scale,)
        weights = scaled
    first_value = planes + plane.to(tl.int64) * plane_size
    best = tl.full((OUTPUTS,), float("-inf"), tl.float32)
    for y in range(height):
        for start in range(0, across, POSITIONS):
            corner = first_value + y * DOWN * plane_width + tl.minimum(start, across - POSITIONS) * ACROSS
            totals = ()
            for _ in tl.static_range(POSITIONS):
                totals = totals + (tl.zeros((OUTPUTS,), tl.float32),)
            for down in tl.static_range(TALL):
                line = corner + down * DOWN_DILATION * plane_width
                values = ()
                for at in tl.static_range((POSITIONS - 1) * ACROSS + (WIDE - 1) * ACROSS_DILATION + 1):
                    values = values + (tl.load(line + at),)
                for tap in tl.static_range(WIDE):
                    added = ()
                    for at in tl.static_range(POSITIONS):
                        value = tl.broadcast_to(values[at * ACROSS + tap * ACROSS_DILATION], (OUTPUTS,))
                        added = added + (tl.fma(value, weights[down * WIDE + tap], totals[at]),)
                    totals = added
            for at in tl.static_range(POSITIONS):
                best = tl.maximum(best, totals[at])
    target = found + image.to(tl.int64) * image_stride + row * output_stride + number % width
    tl.store(target, best, mask=there)


@triton.jit
def keep_products(
    low,
    high,
    weight,
    factors,
    found,
    inputs,
    width,
    per_group,
    image_stride,
    output_stride,
    SIGNED: tl.constexpr,
    FACTORED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """One output of one image; grid (outputs, images)."""
    output, image = tl.program_id(0), tl.program_id(1)
    first = image * inputs + output // per_group * width
    target = found + image.to(tl.int64) * image_stride + output * output_stride
    for start in range(0, width, BLOCK):
        lanes = start + tl.arange(0, BLOCK)
        there = lanes < width
        factor = tl.load(weight + output * width + lanes, mask=there, other=0.0)
        if FACTORED:
            factor = factor * tl.load(factors + image * tl.num_programs(0) + output)
        largest = tl.load(high + first + lanes, mask=there, other=0.0)
        if SIGNED:
            smallest = tl.load(low + first + lanes, mask=there, other=0.0)
            products = tl.maximum(factor * smallest, factor * largest)
        else:
            products = tl.maximum(factor, 0.0) * largest
        tl.store(target + lanes, products, mask=there)


@triton.jit
def add_largest(
    influences,
    cells,
    counts,
    candidates,
    NUMBER: tl.constexpr,
    CANDIDATES: tl.constexpr,
    SEEN: tl.constexpr,
    SHARED: tl.constexpr,
):
    """One output of one image; grid (outputs, images)."""
    output, image = tl.program_id(0), tl.program_id(1)
    lanes, places = tl.arange(0, CANDIDATES), tl.arange(0, SEEN)
    row = image.to(tl.int64) * tl.num_programs(0) + output
    values = tl.load(influences + row * candidates + lanes, mask=lanes < candidates, other=0.0)
    values = tl.maximum(values, 0.0)
    own = cells + output.to(tl.int64) * candidates
    seen = tl.full((SEEN,), -1, tl.int32)
    for place in range(NUMBER):
        largest = tl.max(values, axis=0)
        at = tl.min(tl.where(values == largest, lanes, CANDIDATES), axis=0)
        cell = tl.load(own + at)
        is_counted = (largest > 0.0) & (cell >= 0)
        if SHARED:
            is_counted = is_counted & (tl.sum((seen == cell).to(tl.int32), axis=0) == 0)
            seen = tl.where(places == place, cell, seen)
        tl.atomic_add(counts + cell, 1, mask=is_counted)
        values = tl.where(lanes == at, 0.0, values)
